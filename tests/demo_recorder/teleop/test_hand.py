from dataclasses import replace

import numpy as np
import pytest

from demo_recorder.teleop.devices import DeviceLostError, Reading
from demo_recorder.teleop.hand import Hand
from demo_recorder.teleop.settings import TeleopSettings
from support.teleop_views import MS, view

REST = Reading()
PUSH = Reading(translation=np.array([1.0, 0.0, 0.0]), held=True)
SECOND = 1000 * MS


class Scripted:
    """A device that gives these readings, one a look; an exception is raised."""

    def __init__(self, *script) -> None:
        self.script = list(script)
        self.closed = 0

    def read(self, now_ns, arm, views):
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    def close(self) -> None:
        self.closed += 1


def settings(**fields) -> TeleopSettings:
    arms = fields.pop("arms", ("arm",))
    return TeleopSettings.model_validate(
        {"name": "t", "arms": arms, "hands": [{"device": "x:y", "arms": arms}], **fields}
    )


def hand_on(*script, **fields) -> Hand:
    chosen = settings(**fields)
    return Hand(lambda: Scripted(*script), chosen.arms, chosen)


def looks(hand: Hand, count: int, gripper: float = 1.0):
    views = {arm: view(gripper=gripper) for arm in ("arm", "left", "right")}
    return [hand.poll(number * SECOND, views) for number in range(count)]


def test_full_deflection_is_the_full_speed():
    _, motion = looks(hand_on(REST, PUSH), 2)
    assert motion.translation.tolist() == [0.1, 0, 0]


def test_diagonal_is_no_faster():
    push = Reading(translation=np.ones(3), rotation=np.ones(3), held=True)
    _, motion = looks(hand_on(REST, push), 2)
    assert np.linalg.norm(motion.translation) == pytest.approx(0.1)
    assert np.linalg.norm(motion.rotation) == pytest.approx(0.5)


@pytest.mark.parametrize("change", [{"held": False}, {"clutched": True}])
def test_without_dead_man_or_with_clutch_nothing_is_asked(change):
    assert looks(hand_on(REST, replace(PUSH, **change)), 2) == [None, None]


def test_device_that_is_deflected_when_it_is_taken_up_moves_nothing_before_it_was_at_rest():
    found = looks(hand_on(PUSH, PUSH, REST, PUSH), 4)
    assert [motion is not None and not motion.still for motion in found] == [False, False, False, True]


def test_operator_opposite_to_the_robot_sees_it_move_away():
    _, motion = looks(hand_on(REST, PUSH, operator_yaw=180), 2)
    assert motion.translation == pytest.approx([-0.1, 0, 0])


def test_speed_scale_goes_in_steps_and_stays_within_its_range():
    faster = [Reading(faster=1)] * 3
    slower = [Reading(faster=-1)] * 9
    hand = hand_on(REST, *faster, *slower, PUSH, scale=0.7)
    found = looks(hand, 14)
    assert hand.scale == 0.1
    assert found[-1].translation[0] == pytest.approx(0.01)


@pytest.mark.parametrize(("commanded", "asked"), [(1.0, 0.0), (0.0, 1.0)])
def test_gripper_button_asks_for_the_other_end(commanded, asked):
    _, motion = looks(hand_on(REST, Reading(press_gripper=True, held=True)), 2, gripper=commanded)
    assert (motion.gripper, motion.still) == (asked, True)


def test_switch_goes_on_to_the_next_arm_and_moves_it_only_after_a_rest():
    switch = replace(PUSH, press_switch=True)
    hand = hand_on(REST, PUSH, switch, PUSH, REST, PUSH, Reading(press_switch=True), arms=("left", "right"))
    found, arms = [], []
    for motion in (looks(hand, 1)[0] for _ in range(7)):
        found.append(motion is not None and not motion.still)
        arms.append(hand.arm)
    assert arms == ["left", "left", "right", "right", "right", "right", "left"]
    assert found == [False, True, False, False, False, True, False]


def test_unplugged_device_asks_nothing_and_says_what_to_do():
    hand = hand_on(REST, PUSH, DeviceLostError("unplugged; plug it in again"))
    assert looks(hand, 2)[-1] is not None
    assert hand.held
    assert looks(hand, 1) == [None]
    assert not hand.held
    assert hand.lost == "unplugged; plug it in again"


def test_device_that_comes_back_is_opened_again_after_a_while_and_must_rest_first():
    devices = [Scripted(REST, PUSH, DeviceLostError("gone")), DeviceLostError("still gone"), Scripted(PUSH, REST, PUSH)]
    opened = []

    def open_device():
        opened.append(devices.pop(0))
        if isinstance(opened[-1], Exception):
            raise opened[-1]
        return opened[-1]

    chosen = settings(reopen_every=1.0)
    hand = Hand(open_device, ("arm",), chosen)
    times = [0, 100, 200, 300, 1250, 1300, 2300, 2310, 2320]
    found = [hand.poll(at * MS, {"arm": view()}) for at in times]
    assert [motion is not None and not motion.still for motion in found] == [
        False, True, False, False, False, False, False, False, True,
    ]  # fmt: skip
    assert len(opened) == 3
    assert opened[0].closed == 1
    assert hand.lost == ""

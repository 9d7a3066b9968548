"""What an observation is made of, and what it waits for."""

import numpy as np
import pytest

from molmoact.runtime.arm_history import ArmRecord
from molmoact.runtime.observation import ArmObservation
from molmoact_common.poses import Pose
from molmoact_policy.execution import ExecutionGate
from molmoact_policy.observing import Desk, DeskSettings

MS = 1_000_000
POSE = Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))


def state(ms: int, step: int = 0, following: bool = True) -> ArmRecord:
    return ArmRecord(ms * MS, step, following, ArmObservation(POSE, POSE, 1.0, 1.0))


@pytest.fixture
def desk() -> Desk[int]:
    gate = ExecutionGate("open_loop", longest_chunk_ns=1000 * MS)
    settings = DeskSettings(views=("front", "wrist"), arms=("arm",), view_tolerance_ns=35 * MS)
    return Desk(settings, gate, lambda value: np.full((2, 2, 3), value, np.uint8))


def fill(desk: Desk[int], ms: int, step: int = 0) -> None:
    desk.add_image("wrist", ms * MS, 7, now_ns=(ms + 3) * MS)
    desk.add_image("front", ms * MS, 9, now_ns=(ms + 4) * MS)
    desk.add_state("arm", state(ms - 6, step))
    desk.add_state("arm", state(ms - 5, step))
    desk.add_state("arm", state(ms + 5, step + 1))


def test_an_observation_holds_views_in_order_and_the_step_at_the_stamp(desk):
    desk.instruction = "lift the block"
    fill(desk, 100, step=12)
    seen = desk.observe(110 * MS)
    assert list(seen.views) == ["front", "wrist"]
    assert seen.views["front"][0, 0, 0] == 9
    assert (seen.stamp_ns, seen.view_stamps) == (100 * MS, (100 * MS, 100 * MS))
    assert seen.command_step == 12
    assert seen.received_ns == 104 * MS
    assert seen.sequence == 100


def test_sequences_rise_even_when_the_clock_is_behind_them(desk):
    desk.instruction = "lift the block"
    fill(desk, 100)
    first = desk.observe(110 * MS)
    desk.add_image("front", 50 * MS, 1, now_ns=50 * MS)
    desk.add_image("wrist", 50 * MS, 1, now_ns=50 * MS)
    desk.add_state("arm", state(44))
    desk.add_state("arm", state(55))
    second = desk.observe(60 * MS)
    assert second.sequence == first.sequence + 1


def test_says_what_it_waits_for_until_everything_is_there(desk):
    assert desk.waiting_for(0) == "an instruction"
    desk.instruction = "lift the block"
    assert desk.waiting_for(0) == "the state of arm"
    desk.add_state("arm", state(1, following=False))
    assert desk.waiting_for(0) == "the bridge to be started"
    desk.add_state("arm", state(2))
    assert desk.waiting_for(0) == "new images of every view, exposed together"
    desk.add_image("front", 5 * MS, 1, 5 * MS)
    desk.add_image("wrist", 5 * MS, 1, 5 * MS)
    assert desk.waiting_for(0) == "arm states as new as the images"
    assert desk.observe(0) is None
    desk.add_state("arm", state(6))
    assert desk.waiting_for(0) == ""
    assert desk.observe(0) is not None


def test_the_same_images_are_not_answered_twice(desk):
    desk.instruction = "lift the block"
    fill(desk, 100)
    assert desk.observe(110 * MS) is not None
    assert desk.observe(110 * MS) is None


def test_images_from_before_the_bridge_followed_are_not_answered(desk):
    desk.instruction = "lift the block"
    desk.add_state("arm", state(90, following=False))
    fill(desk, 100)
    desk.add_state("arm", state(120, step=1, following=False))
    desk.add_state("arm", state(130, step=1))
    assert desk.observe(131 * MS) is None
    fill(desk, 140, step=1)
    assert desk.observe(150 * MS).stamp_ns == 140 * MS


def test_no_observation_while_a_chunk_is_out_in_open_loop(desk):
    desk.instruction = "lift the block"
    desk.gate.sent(1, now_ns=0)
    fill(desk, 100)
    assert desk.observe(110 * MS) is None
    assert desk.waiting_for(110 * MS) == "the last chunk to end"


def test_a_changed_order_or_a_stopped_bridge_cancels_the_answer_under_way(desk):
    desk.instruction = "lift the block"
    fill(desk, 100)
    seen = desk.observe(110 * MS)
    assert desk.cancelled(seen) == ""
    desk.drawn = {"arm": ((1, 2),)}
    assert "trace" in desk.cancelled(seen)
    desk.drawn = {}
    desk.add_state("arm", state(200, step=13, following=False))
    assert "no longer follows" in desk.cancelled(seen)
    desk.instruction = "wipe the table"
    assert "instruction" in desk.cancelled(seen)


def test_nothing_is_received_before_it_was_exposed_though_the_clock_comes_in_steps(desk):
    desk.instruction = "lift the block"
    fill(desk, 100)
    desk.add_image("front", 107 * MS, 1, now_ns=100 * MS)
    desk.add_image("wrist", 107 * MS, 1, now_ns=100 * MS)
    desk.add_state("arm", state(110, step=1))
    desk.add_state("arm", state(115, step=1))
    assert desk.observe(110 * MS).received_ns >= 107 * MS

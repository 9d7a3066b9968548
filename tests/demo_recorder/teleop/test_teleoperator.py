"""Teleoperation against the follower and the gate that a bridge has, in time that the test makes."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo_recorder.teleop.devices import ArmView
from demo_recorder.teleop.hand import Motion
from demo_recorder.teleop.settings import TeleopSettings
from demo_recorder.teleop.teleoperator import Teleoperator
from franka_bridge.authority import Source
from franka_bridge.config import SafetyConfig
from franka_bridge.follower import Follower, Status
from franka_bridge.gate.checks import Measured
from franka_bridge.gate.gate import make_gate
from franka_bridge.targets import Target
from support.teleop_views import HOME, MS, view

TICK_MS, SPEED = 10, 0.1
START_NS = 1_000_000_000
PERIOD_MS = 1000 / 15
FORWARD = Motion(np.array([SPEED, 0.0, 0.0]), np.zeros(3))


def make(arms: tuple[str, ...] = ("arm",), **fields) -> Teleoperator:
    hands = [{"device": "x:y", "arms": [arm]} for arm in arms]
    return Teleoperator(TeleopSettings.model_validate({"name": "t", "arms": arms, "hands": hands, **fields}))


@dataclass
class Loop:
    """A bridge's follower at 100 Hz, and a teleoperator that sees its states and is heard `delay` ticks later."""

    delay: int = 1
    operator: Teleoperator = field(default_factory=make)
    tick: int = 0
    path: list[float] = field(default_factory=list)
    chunks: list = field(default_factory=list)
    statuses: list = field(default_factory=list)

    def __post_init__(self) -> None:
        safety = SafetyConfig()
        self.follower = Follower(make_gate(safety, ("arm",)), safety)
        self.follower.start({"arm": Target(HOME, 1.0)}, START_NS)
        self._on_the_way: list = []

    @property
    def now_ns(self) -> int:
        return START_NS + self.tick * TICK_MS * MS

    def run(self, ticks: int, motion: Motion | None, *, heard: bool = True) -> None:
        for _ in range(ticks):
            self.tick += 1
            self._deliver()
            self._bridge_cycle()
            chunk = self.operator.plan({} if motion is None else {"arm": motion}, {"arm": self._view()})
            if chunk is not None and heard:
                self.chunks.append(chunk)
                self._on_the_way.append((self.tick + self.delay, chunk))

    def _deliver(self) -> None:
        while self._on_the_way and self._on_the_way[0][0] <= self.tick:
            self.follower.offer(self._on_the_way.pop(0)[1], self.now_ns, Source.OPERATOR)

    def _bridge_cycle(self) -> None:
        commanded = self.follower.commanded
        self.follower.step(self.now_ns, {arm: Measured(target.pose) for arm, target in commanded.items()})
        self.statuses += [report.status for report in self.follower.take_reports()]
        self.path.append(float(self.follower.commanded["arm"].pose.position[0]))

    def _view(self) -> ArmView:
        target = self.follower.commanded["arm"]
        step, follows = self.follower.command_step, self.follower.following
        return ArmView(self.now_ns, step, target.pose, target.pose, target.opening, target.opening, True, follows)


def test_no_input_no_chunk():
    loop = Loop()
    loop.run(100, None)
    assert loop.chunks == []


def test_held_stick_moves_the_arm_at_its_speed_without_a_pause():
    loop = Loop()
    loop.run(150, FORWARD)
    assert loop.path[-1] - loop.path[50] == pytest.approx(SPEED * 1.0, rel=0.08)
    assert Status.REFUSED not in loop.statuses
    assert Status.FINISHED not in loop.statuses


@settings(max_examples=20)
@given(held=st.integers(1, 30), delay=st.integers(0, 3))
def test_release_ends_the_motion_within_two_steps_and_never_goes_back(held, delay):
    loop = Loop(delay=delay)
    loop.run(held, FORWARD)
    let_go = loop.path[-1]
    loop.run(30, None)
    after = loop.path[held:]
    assert all(later >= earlier - 1e-12 for earlier, later in zip(loop.path, loop.path[1:], strict=False))
    last_change = max((number for number, x in enumerate(after) if x != after[-1]), default=-1) + 1
    assert last_change * TICK_MS <= 2 * PERIOD_MS + delay * TICK_MS
    assert after[-1] - let_go <= 2 * SPEED / 15 + 1e-9
    assert not loop.follower.following


@pytest.mark.parametrize("held", range(30, 60, 7))
def test_dead_process_leaves_at_most_the_rows_of_the_newest_chunk(held):
    loop = Loop()
    loop.run(held, FORWARD)
    let_go = loop.path[-1]
    loop.run(35, FORWARD, heard=False)
    assert loop.path[-1] - let_go <= 3 * SPEED / 15 + 1e-9
    assert not loop.follower.following


def test_after_the_stop_nothing_more_is_sent():
    loop = Loop()
    loop.run(40, FORWARD)
    loop.run(20, None)
    sent = len(loop.chunks)
    loop.run(50, None)
    assert len(loop.chunks) == sent


def test_tap_on_the_gripper_closes_it_and_the_arm_stands():
    loop = Loop()
    loop.run(1, Motion(np.zeros(3), np.zeros(3), gripper=0.0))
    loop.run(60, None)
    assert loop.follower.commanded["arm"].opening == 0.0
    assert set(loop.path) == {HOME.position[0]}
    assert not loop.follower.following


def test_direction_may_change_at_any_time_without_a_jump():
    loop = Loop()
    for ticks, sign in ((23, 1.0), (31, -1.0), (17, 1.0)):
        loop.run(ticks, Motion(np.array([sign * SPEED, 0, 0]), np.zeros(3)))
    assert np.abs(np.diff(loop.path)).max() <= SPEED / 15 + 1e-9


def test_chunk_is_anchored_on_the_state_that_it_was_made_of():
    chunk = make().plan({"arm": FORWARD}, {"arm": view(5 * MS, 42)})
    assert (chunk.command_step, chunk.observation_ns, chunk.deltas.shape) == (42, 5 * MS, (3, 7))
    assert chunk.deltas[:, 0] == pytest.approx([SPEED / 15] * 3)
    assert chunk.deltas[:, 6].tolist() == [1, 1, 1]


def test_sequence_rises_even_where_the_clock_stands():
    operator = make()
    first = operator.plan({"arm": FORWARD}, {"arm": view(5 * MS, 1, running=True)})
    second = operator.plan({"arm": FORWARD}, {"arm": view(5 * MS, 2, running=True)})
    assert second.sequence > first.sequence


@pytest.mark.parametrize("views", [{}, {"left": view()}, {"left": view(), "right": view(following=False)}])
def test_without_every_arm_following_nothing_is_sent(views):
    assert make(("left", "right")).plan({"left": FORWARD}, views) is None


def test_one_hand_moves_its_arm_and_the_other_arm_stands_as_it_is():
    views = {"left": view(gripper=0.3), "right": view(gripper=0.6)}
    chunk = make(("left", "right")).plan({"right": FORWARD}, views)
    assert chunk.arms == ("left", "right")
    assert not chunk.deltas[:, :6].any()
    assert chunk.deltas[:, 6] == pytest.approx([0.3] * 3)
    assert chunk.deltas[:, 7] == pytest.approx([SPEED / 15] * 3)


def test_two_hands_move_two_arms_in_one_chunk():
    up = Motion(np.array([0, 0, SPEED]), np.zeros(3), gripper=0.0)
    views = {"left": view(), "right": view()}
    chunk = make(("left", "right")).plan({"left": FORWARD, "right": up}, views)
    assert (chunk.deltas[0, 0], chunk.deltas[0, 9]) == (pytest.approx(SPEED / 15), pytest.approx(SPEED / 15))
    assert (chunk.deltas[0, 6], chunk.deltas[0, 13]) == (1.0, 0.0)

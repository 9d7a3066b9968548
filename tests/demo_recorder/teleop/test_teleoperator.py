"""Teleoperation against the follower and the gate that a bridge has, in time that the test makes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo_recorder.teleop.hand import Motion
from franka_bridge.reports import Status
from support.teleop_loop import TICK_MS, Loop, make_teleoperator
from support.teleop_views import HOME, MS, view

SPEED = 0.1
PERIOD_MS = 1000 / 15
FORWARD = Motion(np.array([SPEED, 0.0, 0.0]), np.zeros(3))


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
    chunk = make_teleoperator().plan({"arm": FORWARD}, {"arm": view(5 * MS, 42)})
    assert (chunk.command_step, chunk.observation_ns, chunk.deltas.shape) == (42, 5 * MS, (3, 7))
    assert chunk.deltas[:, 0] == pytest.approx([SPEED / 15] * 3)
    assert chunk.deltas[:, 6].tolist() == [1, 1, 1]


def test_sequence_rises_even_where_the_clock_stands():
    operator = make_teleoperator()
    first = operator.plan({"arm": FORWARD}, {"arm": view(5 * MS, 1, running=True)})
    second = operator.plan({"arm": FORWARD}, {"arm": view(5 * MS, 2, running=True)})
    assert second.sequence > first.sequence


@pytest.mark.parametrize("views", [{}, {"left": view()}, {"left": view(), "right": view(following=False)}])
def test_without_every_arm_following_nothing_is_sent(views):
    assert make_teleoperator(("left", "right")).plan({"left": FORWARD}, views) is None


def test_one_hand_moves_its_arm_and_the_other_arm_stands_as_it_is():
    views = {"left": view(gripper=0.3), "right": view(gripper=0.6)}
    chunk = make_teleoperator(("left", "right")).plan({"right": FORWARD}, views)
    assert chunk.arms == ("left", "right")
    assert not chunk.deltas[:, :6].any()
    assert chunk.deltas[:, 6] == pytest.approx([0.3] * 3)
    assert chunk.deltas[:, 7] == pytest.approx([SPEED / 15] * 3)


def test_two_hands_move_two_arms_in_one_chunk():
    up = Motion(np.array([0, 0, SPEED]), np.zeros(3), gripper=0.0)
    views = {"left": view(), "right": view()}
    chunk = make_teleoperator(("left", "right")).plan({"left": FORWARD, "right": up}, views)
    assert (chunk.deltas[0, 0], chunk.deltas[0, 9]) == (pytest.approx(SPEED / 15), pytest.approx(SPEED / 15))
    assert (chunk.deltas[0, 6], chunk.deltas[0, 13]) == (1.0, 0.0)

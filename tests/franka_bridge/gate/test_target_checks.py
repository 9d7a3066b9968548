"""Each check of the gate by itself: what it leaves alone, and what it does to what it does not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from franka_bridge.gate.checks import Situation
from franka_bridge.gate.target_checks import CREEP, Braking, GripperRange, Leash, StepCap, TablePlane, Workspace
from franka_bridge.targets import Target, part_way
from molmoact_common.poses import Pose

coordinates = st.tuples(*[st.floats(-2, 2)] * 3)
angles = st.tuples(*[st.floats(-3, 3)] * 3)
LOWER, UPPER = np.array([0.2, -0.4, 0.0]), np.array([0.7, 0.4, 0.6])


def target(position: tuple[float, ...] = (0.4, 0.0, 0.3), rotvec: tuple[float, ...] = (0, 0, 0), opening: float = 1.0):
    return Target(Pose(np.array(position, dtype=float), Rotation.from_rotvec(rotvec).as_quat()), opening)


def situation(commanded: Target, measured: Target | None = None, period: float = 0.1) -> Situation:
    return Situation(commanded, (measured or commanded).pose, period)


@given(position=coordinates)
def test_workspace_brings_any_target_into_the_box_and_leaves_those_inside(position: tuple[float, ...]):
    asked = target(position)
    outcome = Workspace(LOWER, UPPER)(asked, situation(asked))
    inside = bool(np.all(asked.pose.position >= LOWER) and np.all(asked.pose.position <= UPPER))
    assert outcome.touched == (not inside)
    assert np.all(outcome.target.pose.position >= LOWER)
    assert np.all(outcome.target.pose.position <= UPPER)
    assert (outcome.target is asked) == inside


@given(position=coordinates)
def test_table_plane_raises_what_is_below_and_keeps_x_and_y(position: tuple[float, ...]):
    asked = target(position)
    outcome = TablePlane(0.02)(asked, situation(asked))
    assert outcome.target.pose.position.tolist() == [position[0], position[1], max(position[2], 0.02)]
    assert outcome.touched == (position[2] < 0.02)


@given(opening=st.floats(-1e6, 1e6))
def test_gripper_range_ends_at_closed_and_open(opening: float):
    outcome = GripperRange()(target(opening=opening), situation(target()))
    assert outcome.target.opening == min(max(opening, 0.0), 1.0)


@given(shift=coordinates, turn=angles, period=st.floats(0.01, 1))
def test_step_cap_stretches_until_both_speeds_are_within_and_never_moves_the_target(shift, turn, period: float):
    start, end = target(), target(tuple(np.array([0.4, 0.0, 0.3]) + shift), turn)
    outcome = StepCap(speed=0.25, turn=1.0)(end, situation(start, period=period))
    metres, radians = start.pose.distance_to(end.pose)
    assert outcome.target is end
    assert outcome.stretch >= 1.0
    assert metres / (period * outcome.stretch) <= 0.25 * (1 + 1e-9)
    assert radians / (period * outcome.stretch) <= 1.0 * (1 + 1e-9)


@pytest.mark.parametrize(("lag", "waits"), [(0.049, False), (0.051, True)])
def test_leash_waits_for_an_arm_that_lags_behind(lag: float, waits: bool):
    commanded, measured = target(), target((0.4 - lag, 0.0, 0.3))
    assert Leash(0.05, 0.3)(commanded, situation(commanded, measured)).wait is waits


@pytest.mark.parametrize(("twist", "waits"), [(0.29, False), (0.31, True)])
def test_leash_waits_for_an_arm_that_is_twisted_away(twist: float, waits: bool):
    commanded, measured = target(), target(rotvec=(0.0, 0.0, twist))
    assert Leash(0.05, 0.3)(commanded, situation(commanded, measured)).wait is waits


inside = st.tuples(st.floats(0.2, 0.7), st.floats(-0.4, 0.4), st.floats(0.0, 0.6))


@given(start=inside, end=inside, period=st.floats(0.005, 1), deceleration=st.floats(0.1, 9.0))
def test_braking_leaves_room_to_stop_before_every_wall(start, end, period: float, deceleration: float):
    outcome = Braking(LOWER, UPPER, deceleration)(target(end), situation(target(start), period=period))
    reached = part_way(target(start).pose, target(end).pose, 1 / outcome.stretch).position
    speed = np.abs(reached - np.array(start)) / period
    room = np.where(np.array(end) > np.array(start), UPPER - reached, reached - LOWER)
    assert (speed <= np.maximum(np.sqrt(2 * deceleration * np.maximum(room, 0.0)), CREEP) + 1e-6).all()


@settings(max_examples=20)
@given(height=st.floats(0.0, 0.1), period=st.sampled_from([0.02, 0.1]))
def test_braking_lets_an_arm_come_to_the_wall_in_the_end(height: float, period: float):
    """Even the slowest way, 0.5 s from full speed, is over after some 30 steps."""
    here, wall = target((0.4, 0.0, height)), target((0.4, 0.0, 0.0))
    check = Braking(LOWER, UPPER, 1.0)
    for _ in range(40):
        stretch = check(wall, situation(here, period=period)).stretch
        here = Target(part_way(here.pose, wall.pose, 1 / stretch), 1.0)
    assert here.pose.position[2] == 0.0


def test_braking_says_nothing_of_ways_along_and_away_from_a_wall():
    low = target((0.4, 0.0, 0.0))
    for end in ((0.42, 0.0, 0.0), (0.4, 0.0, 0.02)):
        assert not Braking(LOWER, UPPER, 1.0)(target(end), situation(low)).touched


def test_braking_slows_down_what_would_hit_a_wall_in_one_step():
    """From 10 mm above, at 1 m/s2 and 0.1 s: v T = 7.3 mm, and (73 mm/s)^2 = 2 * 1 m/s2 * 2.7 mm."""
    high, low = target((0.4, 0.0, 0.01)), target((0.4, 0.0, 0.0))
    assert Braking(LOWER, UPPER, 1.0)(low, situation(high)).stretch == pytest.approx(10 / 7.32, rel=1e-3)

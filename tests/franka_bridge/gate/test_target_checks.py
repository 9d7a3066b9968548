"""Each check of the gate by itself: what it leaves alone, and what it does to what it does not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from franka_bridge.gate.target_checks import GripperRange, Leash, Situation, StepCap, TablePlane, Workspace
from franka_bridge.targets import Target
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

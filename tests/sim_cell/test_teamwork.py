"""Two arms with one tray, in a world that does what the expert predicts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from molmoact_common.poses import DeltaFrame, Pose, RotationConvention, compose_delta
from sim_cell.expert import DOWN, Job, State
from sim_cell.teamwork import next_steps, plan_chunk, plan_paths, roll_out
from sim_cell.tray import handles

PERIOD = 1 / 15
HOME = Pose(np.array([0.307, 0.0, 0.487]), DOWN.as_quat())


def start(duo, x=0.5, y=0.0, yaw=0.0):
    tray = Pose(np.array([x, y, 0.0]), Rotation.from_euler("z", yaw).as_quat())
    places = handles(duo.loose_tray, tray, duo.arms)
    return {
        arm: State(HOME, HOME.position, 1.0, 1.0, settings.base_pose.inverse() @ places[arm])
        for arm, settings in duo.arms.items()
    }


@pytest.fixture
def job(duo):
    return Job(duo.loose_tray.handle.thickness)


def heights(states):
    return [state.block.position[2] for state in states.values()]


@settings(max_examples=20, deadline=None)
@given(x=st.floats(0.44, 0.54), y=st.floats(-0.04, 0.04), yaw=st.floats(-0.2, 0.2))
def test_both_handles_rise_together_and_stay_up(duo, x, y, yaw):
    job = Job(duo.loose_tray.handle.thickness)
    grip = duo.loose_tray.handle.grip
    for states in roll_out(start(duo, x, y, yaw), job, 200):
        left, right = heights(states)
        assert abs(left - right) < 0.003
    assert min(heights(states)) - grip > 0.1
    assert all(state.gripper == 0.0 for state in states.values())


@settings(max_examples=20, deadline=None)
@given(x=st.floats(0.44, 0.54), y=st.floats(-0.04, 0.04), yaw=st.floats(-0.2, 0.2))
def test_no_step_of_either_arm_is_faster_than_the_gate_allows(duo, x, y, yaw):
    before = start(duo, x, y, yaw)
    for after in roll_out(before, Job(duo.loose_tray.handle.thickness), 200):
        for arm, state in after.items():
            moved, turned = before[arm].tcp.distance_to(state.tcp)
            assert moved / PERIOD < 0.25
            assert turned / PERIOD < 1.0
        before = after


def test_who_holds_waits_with_closed_fingers_for_the_other(duo, job):
    states = start(duo)
    there = replace(states["left"], tcp=Pose(states["left"].block.position, DOWN.as_quat()))
    states["left"] = replace(there, hand=there.block.position, gripper=0.0, opening=0.25)
    steps = next_steps(states, job)
    np.testing.assert_array_equal(steps["left"].tcp.position, states["left"].tcp.position)
    assert steps["left"].gripper == 0.0
    assert not np.array_equal(steps["right"].tcp.position, states["right"].tcp.position)


def test_a_chunk_has_seven_columns_an_arm_in_the_order_of_the_arms(duo, job):
    states = start(duo, yaw=0.1)
    chunk = plan_chunk(states, job, 8)
    assert chunk.shape == (8, 14)
    *_, last = roll_out(states, job, 8)
    for number, arm in enumerate(states):
        pose = states[arm].tcp
        for row in chunk[:, 7 * number : 7 * number + 7]:
            pose = compose_delta(pose, row[:6], DeltaFrame.BASE, RotationConvention.ROTATION_VECTOR)
        assert pose.distance_to(last[arm].tcp) == pytest.approx((0.0, 0.0), abs=1e-6)


def test_the_paths_end_above_the_handles(duo, job):
    states = start(duo)
    for arm, path in plan_paths(states, job).items():
        np.testing.assert_array_equal(path[0], HOME.position)
        np.testing.assert_allclose(path[-1], [*states[arm].block.position[:2], 0.2], atol=0.005)

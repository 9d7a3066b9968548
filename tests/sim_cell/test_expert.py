"""The scripted expert, on a world that does what it predicts and on one that does not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from molmoact_common.poses import DeltaFrame, Pose, RotationConvention, compose_delta
from sim_cell import teamwork
from sim_cell.expert import AXIS, DOWN, Destination, Job, State, next_step
from sim_cell.orders import into_tray
from sim_cell.scoring import STACKED, in_tray

PERIOD = 1 / 15
HOME = Pose(np.array([0.307, 0.0, 0.487]), DOWN.as_quat())


def start_with(x, y, yaw=0.0):
    block = Pose(np.array([x, y, 0.02]), Rotation.from_euler("z", yaw).as_quat())
    return State(HOME, HOME.position, 1.0, 1.0, block)


def put(scene):
    return Job(scene.blocks.size, into_tray(scene.blocks))


def lift(scene):
    return Job(scene.blocks.size)


def roll_out(state, job, steps):
    return [states["arm"] for states in teamwork.roll_out({"arm": state}, job, steps)]


@pytest.fixture
def job(scene):
    return put(scene)


@settings(max_examples=25, deadline=None)
@given(x=st.floats(0.42, 0.60), y=st.floats(-0.24, 0.06), yaw=st.floats(-0.3, 0.3))
def test_the_block_ends_in_the_tray_and_the_arm_above_it(scene, x, y, yaw):
    end = roll_out(start_with(x, y, yaw), put(scene), 260)[-1]
    assert in_tray(scene.blocks, end.block.position)
    assert end.gripper == 1.0
    assert end.tcp.position[2] >= 0.11


@settings(max_examples=25, deadline=None)
@given(x=st.floats(0.42, 0.60), y=st.floats(-0.24, 0.06), yaw=st.floats(-0.7, 0.7))
def test_no_step_is_faster_than_the_gate_allows_or_below_the_table(scene, x, y, yaw):
    before = start_with(x, y, yaw)
    for after in roll_out(before, put(scene), 200):
        moved, turned = before.tcp.distance_to(after.tcp)
        assert moved / PERIOD < 0.25
        assert turned / PERIOD < 1.0
        assert np.abs(after.tcp.position - before.tcp.position).max() <= AXIS + 1e-9
        assert after.tcp.position[2] > 0.015
        before = after


def test_a_chunk_is_the_roll_out_as_deltas(job):
    state = start_with(0.5, -0.1, 0.2)
    pose = state.tcp
    for row, expected in zip(teamwork.plan_chunk({"arm": state}, job, 8), roll_out(state, job, 8), strict=True):
        pose = compose_delta(pose, row[:6], DeltaFrame.BASE, RotationConvention.ROTATION_VECTOR)
        assert pose.distance_to(expected.tcp) == pytest.approx((0.0, 0.0), abs=1e-6)
        assert row[6] == expected.gripper


def test_planning_chunk_by_chunk_follows_the_same_path_as_planning_once(job):
    once = roll_out(start_with(0.55, -0.1), job, 64)
    state = start_with(0.55, -0.1)
    for _ in range(8):
        state = roll_out(state, job, 8)[-1]
    np.testing.assert_allclose(state.tcp.position, once[-1].tcp.position)


def test_the_fingers_turn_with_the_block_by_the_shorter_way(job):
    turned = start_with(0.5, -0.1, np.pi / 2 + 0.2)
    grasp = next(state for state in roll_out(turned, job, 100) if state.gripper == 0.0)
    yaw = (grasp.tcp.rotation() * DOWN.inv()).as_euler("xyz")[2]
    assert yaw == pytest.approx(0.2, abs=0.04)


def test_an_empty_closed_gripper_opens_and_tries_again(job):
    block = Pose(np.array([0.5, 0.0, 0.02]), np.array([0.0, 0.0, 0.0, 1.0]))
    beside = Pose(np.array([0.5, 0.05, 0.02]), DOWN.as_quat())
    lost = State(beside, beside.position, 0.0, 0.0, block)
    assert next_step(lost, job).gripper == 1.0
    assert job.destination.has(roll_out(lost, job, 260)[-1].block.position)


def test_fingers_that_have_not_closed_yet_are_waited_for(job):
    block = Pose(np.array([0.5, 0.0, 0.02]), np.array([0.0, 0.0, 0.0, 1.0]))
    closing = State(Pose(block.position, DOWN.as_quat()), block.position, 0.0, 0.9, block)
    step = next_step(closing, job)
    assert step.gripper == 0.0
    np.testing.assert_array_equal(step.tcp.position, block.position)


def test_a_block_that_slipped_is_fetched_again(job):
    held = next(state for state in roll_out(start_with(0.5, -0.1), job, 200) if state.block.position[2] > 0.05)
    slipped = replace(held, opening=0.0, block=replace(held.block, position=np.array([0.5, -0.05, 0.02])))
    assert next_step(slipped, job).gripper == 1.0
    assert job.destination.has(roll_out(slipped, job, 260)[-1].block.position)


def test_the_lag_of_the_arm_does_not_look_like_a_lost_block(job):
    held = next(state for state in roll_out(start_with(0.5, -0.1), job, 200) if state.block.position[2] > 0.09)
    ahead = Pose(held.tcp.position + np.array([0.0, 0.045, 0.0]), held.tcp.quaternion)
    assert next_step(replace(held, tcp=ahead), job).gripper == 0.0


def test_lifting_ends_with_the_block_held_high(scene):
    end = roll_out(start_with(0.5, -0.1), lift(scene), 200)[-1]
    assert end.gripper == 0.0
    assert end.block.position[2] > 0.15


def test_the_path_ends_where_the_task_does(job):
    path = teamwork.plan_paths({"arm": start_with(0.5, -0.1)}, job)["arm"]
    np.testing.assert_array_equal(path[0], HOME.position)
    np.testing.assert_allclose(path[-1][:2], job.destination.place[:2], atol=0.005)
    assert 100 < len(path) < 250


def test_a_block_is_put_on_another_one_and_left_there(scene):
    support = np.array([0.45, -0.2, 0.02])
    job = Job(scene.blocks.size, Destination(support + np.array([0.0, 0.0, 0.04]), (STACKED, STACKED)))
    states = roll_out(start_with(0.55, 0.0), job, 260)
    assert job.destination.has(states[-1].block.position)
    assert states[-1].gripper == 1.0
    assert states[-1].tcp.position[2] >= 0.11
    crossing = [
        one for one in states if one.gripper < 0.5 and np.linalg.norm(one.tcp.position[:2] - support[:2]) < 0.06
    ]
    assert min(one.tcp.position[2] for one in crossing) > 0.06 + 0.003

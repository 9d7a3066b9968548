"""The arm behind the robot server: kinematics, history, and the limits that it is judged by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.robot_server.arm import TICK, IdealArm
from support.robot_server.judge import breaches, shares
from support.robot_server.kinematics import FLANGE_TO_HAND, Kinematics
from support.robot_server.robot import Robot
from support.robot_server.server import HOME
from support.robot_server.wire import COMMAND, Generator, MoveStatus, RobotMode

READY = np.array(HOME)


@given(st.lists(st.floats(-0.3, 0.3), min_size=7, max_size=7), st.lists(st.floats(-0.02, 0.02), min_size=7, max_size=7))
def test_inverse_kinematics_finds_the_pose_it_is_asked_for_and_keeps_the_elbow(around, step):
    kinematics = Kinematics()
    start = READY + np.array(around)
    goal = start + np.array(step)
    goal[2] = start[2]
    pose = kinematics.forward(goal, FLANGE_TO_HAND)
    found = kinematics.inverse(start, pose, FLANGE_TO_HAND)
    assert kinematics.forward(found, FLANGE_TO_HAND) == pytest.approx(pose, abs=1e-9)
    assert found[2] == start[2]


def test_history_is_the_backward_difference_and_carries_a_lost_packet_on():
    arm = IdealArm.at(READY)
    for tick in range(1, 4):
        q = READY.copy()
        q[0] += 0.5 * 2.0 * (tick * TICK) ** 2
        arm.follow_joints(q)
    assert arm.joints.velocity[0] == pytest.approx(2.0 * 2.5 * TICK)
    assert arm.joints.acceleration[0] == pytest.approx(2.0, abs=1e-6)
    assert arm.joints.extrapolated()[0] - READY[0] == pytest.approx(0.5 * 2.0 * (4 * TICK) ** 2, abs=1e-12)


def command(robot: Robot, shift: float, finished: bool = False) -> np.ndarray:
    pose = robot.arm.pose.value.copy()
    pose[0, 3] += shift
    made = np.zeros((), COMMAND)
    made["O_T_EE_c"], made["motion_generation_finished"] = pose.T.ravel(), finished
    return made


def moving(speeds: list[float]) -> Robot:
    """A robot that was commanded these speeds (m/s along x), a tick each, and then told that this was the end."""
    robot = Robot.at(HOME)
    robot.begin(1, Generator.CARTESIAN_POSE, 0)
    for speed in speeds:
        robot.apply(command(robot, speed * TICK))
    robot.apply(command(robot, 0.0, finished=True))
    return robot


def test_what_keeps_the_limits_is_no_breach():
    robot = moving(list(0.25 * np.sin(np.linspace(0.0, np.pi, 400)) ** 2))
    assert breaches(robot.record.rows()) == []
    used = {share.what: share.share for share in shares(robot.record.rows())}
    assert used["translation speed"] == pytest.approx(0.25 / 3, rel=1e-3)
    assert used["translation acceleration"] == pytest.approx(0.25 * np.pi / 0.4 / 9, rel=0.02)


def test_a_start_at_full_speed_is_seen_in_acceleration_and_jerk_and_in_the_joints():
    found = {breach.what for breach in breaches(moving([0.25] * 20).record.rows())}
    assert {"translation acceleration", "translation jerk", "joint acceleration", "joint jerk"} <= found
    assert "translation speed" not in found


def test_a_motion_that_its_client_ends_at_full_speed_is_seen_too():
    slow = list(np.linspace(0.0, 0.1, 200))
    whole = {breach.what for breach in breaches(moving(slow + slow[::-1]).record.rows())}
    cut = {breach.what for breach in breaches(moving(slow).record.rows())}
    assert whole == set()
    assert "translation acceleration" in cut


def test_twenty_packets_lost_in_a_row_end_a_motion_and_nineteen_do_not():
    for lost, ends in ((19, False), (20, True)):
        robot = moving([])
        robot.begin(2, Generator.CARTESIAN_POSE, 0)
        for speed in np.linspace(0.0, 0.1, 100):
            robot.apply(command(robot, speed * TICK))
        before = robot.arm.pose.value[0, 3]
        for _ in range(lost):
            robot.apply(None)
        assert (robot.mode is RobotMode.REFLEX) is ends
        if not ends:
            assert robot.arm.pose.value[0, 3] - before == pytest.approx(
                19 * 0.1 * TICK + 0.5 * (19 * TICK) ** 2, rel=0.1
            )


def test_a_robot_whose_motion_is_broken_off_brakes_by_itself_and_stands():
    robot = moving([])
    robot.begin(2, Generator.CARTESIAN_POSE, 0)
    for speed in np.linspace(0.0, 0.25, 250):
        robot.apply(command(robot, speed * TICK))
    robot.press_user_stop()
    ticks = 0
    while robot.braking:
        robot.apply(None)
        ticks += 1
    assert 10 < ticks < 120
    assert robot.endings[-1].status is MoveStatus.EMERGENCY

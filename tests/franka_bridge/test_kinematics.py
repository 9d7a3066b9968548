"""Forward and inverse kinematics of the FR3, its limits, and how near a singular pose is."""

import re

import numpy as np
import pytest
from franky_sim.urdf import FR3_URDF
from hypothesis import given
from hypothesis import strategies as st

from franka_bridge.kinematics import ELBOW, JointLimits, Kinematics
from molmoact_common.errors import ConfigError
from molmoact_common.poses import Pose
from support.fr3 import FR3, READY

LOWER, UPPER = FR3.limits.lower, FR3.limits.upper
shares = st.lists(st.floats(0.05, 0.95), min_size=7, max_size=7).map(np.array)
steps = st.lists(st.floats(-0.05, 0.05), min_size=7, max_size=7).map(np.array)


def test_the_ready_pose_is_where_franka_says():
    """Hand pointing down, 0.307 m in front of the base and 0.487 m above it."""
    tcp = FR3.forward(READY)
    assert tcp.position == pytest.approx([0.307, 0.0, 0.487], abs=1e-3)
    assert np.abs(tcp.quaternion) == pytest.approx([1, 0, 0, 0], abs=1e-3)


@given(share=shares, step=steps)
def test_inverse_leads_back_to_the_joints_nearby_that_made_the_pose(share: np.ndarray, step: np.ndarray):
    q = LOWER + share * (UPPER - LOWER)
    near = q + step
    near[ELBOW] = q[ELBOW]
    found = FR3.inverse(FR3.forward(q), near)
    if FR3.condition(q) < 50 and FR3.condition(near) < 50:
        assert found is not None
        assert found == pytest.approx(q, abs=1e-6)


@given(share=shares, step=steps)
def test_what_inverse_finds_leads_to_the_pose_and_keeps_the_elbow(share: np.ndarray, step: np.ndarray):
    near = LOWER + share * (UPPER - LOWER)
    goal = FR3.forward(near + step)
    found = FR3.inverse(goal, near)
    if found is not None:
        assert found[ELBOW] == near[ELBOW]
        metres, radians = FR3.forward(found).distance_to(goal)
        assert metres < 1e-8
        assert radians < 1e-7


def test_a_pose_out_of_reach_has_no_joints():
    far = Pose(np.array([1.2, 0.0, 0.4]), FR3.forward(READY).quaternion)
    assert FR3.inverse(far, READY) is None


def test_the_end_effector_is_learnt_from_a_pose_and_its_joints():
    made = Kinematics.of(FR3_URDF, READY, FR3.forward(READY))
    elsewhere = READY + np.array([0.3, 0.2, -0.1, 0.4, 0.2, -0.3, 0.5])
    metres, radians = made.forward(elsewhere).distance_to(FR3.forward(elsewhere))
    assert metres < 1e-9
    assert radians < 1e-7


def test_limits_are_those_of_the_robots_description():
    limits = JointLimits.parse(FR3_URDF)
    assert limits.lower == pytest.approx([-2.9007, -1.8361, -2.9007, -3.077, -2.8763, 0.4398, -3.0508])
    assert limits.upper == pytest.approx([2.9007, 1.8361, 2.9007, -0.1169, 2.8763, 4.6216, 3.0508])
    assert limits.speed == pytest.approx([2.62, 2.62, 2.62, 2.62, 5.26, 4.18, 5.26])


def test_a_prefix_before_the_joints_names_changes_nothing():
    named = re.sub(r'"((?:joint|link)\d)', r'"left_fr3_\1', FR3_URDF)
    assert Kinematics(named, Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))).limits.upper[0] == 2.9007


def test_speed_falls_towards_an_end_and_only_in_its_direction():
    limits = FR3.limits
    q = READY.copy()
    q[3] = limits.upper[3] - 0.5
    up, down = limits.fastest(q, np.ones(7))[3], limits.fastest(q, -np.ones(7))[3]
    assert up == pytest.approx(np.sqrt(2 * 4.0 * 0.5) - 0.3542)
    assert down == 2.62
    q[3] = limits.upper[3] + 0.1
    assert limits.fastest(q, np.ones(7))[3] == 0.0


def test_the_condition_number_rises_as_the_arm_is_stretched():
    """Shoulder, elbow and wrist are in line at -0.467 rad: the elbow lies 82.5 mm beside links of 316 and 384 mm."""
    bent = [FR3.condition(np.array([0, 0.5, 0, elbow, 0, np.pi / 2, 0.8])) for elbow in (-2.4, -1.2, -0.6, -0.47)]
    assert bent == sorted(bent)
    assert bent[0] < 20
    assert bent[-1] > 200


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        (FR3_URDF.replace("position_based_velocity_limits", "other_limits"), "no position_based_velocity_limits"),
        (FR3_URDF.replace('"joint7"', '"wheel"'), "describes 6 joints"),
        (FR3_URDF.replace('"link8"', '"tool"'), "no frame link8"),
    ],
)
def test_a_robot_that_is_no_fr3_is_refused_in_one_line(spoilt: str, why: str):
    with pytest.raises(ConfigError, match=why):
        Kinematics(spoilt, Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0])))

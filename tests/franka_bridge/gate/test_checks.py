"""The commanded target as the arm stands: its elbow may have gone its own way."""

import numpy as np
import pytest

from franka_bridge.gate.checks import Measured, as_it_stands
from franka_bridge.kinematics import ELBOW
from franka_bridge.targets import Target
from support.fr3 import FR3, READY, target_at


def test_joints_follow_the_elbow_that_the_robot_has_turned_and_the_pose_stays():
    commanded, turned = target_at(READY), READY.copy()
    turned[ELBOW] = 0.3
    seen = as_it_stands(commanded, Measured(commanded.pose, joints=turned), FR3)
    assert seen.pose is commanded.pose
    assert seen.joints is not None
    assert seen.joints[ELBOW] == 0.3
    assert FR3.forward(seen.joints).position == pytest.approx(commanded.pose.position, abs=1e-8)


def test_an_elbow_for_which_the_pose_has_no_joints_changes_nothing():
    far = target_at(np.array([0.0, 1.0, 0.0, -0.5, 0.0, 1.6, 0.8]))
    turned = far.joints.copy()
    turned[ELBOW] = 2.5
    assert as_it_stands(far, Measured(far.pose, joints=turned), FR3) is far


@pytest.mark.parametrize("joints", [None, READY])
def test_what_is_not_known_changes_nothing(joints):
    here = Target(FR3.forward(READY), 1.0, joints)
    assert as_it_stands(here, Measured(here.pose, joints=joints), None) is here
    assert as_it_stands(here, Measured(here.pose), FR3) is here

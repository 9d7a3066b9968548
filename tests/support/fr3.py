"""The FR3 of the tests: kinematics with a Franka hand, and its ready joints."""

import numpy as np
from franky_sim.urdf import FR3_URDF

from franka_bridge.kinematics import Kinematics
from franka_bridge.targets import Target
from molmoact_common.poses import Pose
from support.robot_server.kinematics import FLANGE_TO_HAND

READY = np.array([0.0, -np.pi / 4, 0.0, -3 * np.pi / 4, 0.0, np.pi / 2, np.pi / 4])
"""rad"""
FR3 = Kinematics(FR3_URDF, Pose.from_matrix(FLANGE_TO_HAND))


def target_at(q: np.ndarray, opening: float = 1.0) -> Target:
    """The target that an arm with joints `q` is at."""
    return Target(FR3.forward(q), opening, np.array(q))

"""What an arm may feel before its chunk is given up."""

import numpy as np
import pytest

from franka_bridge.gate.arm_checks import Wrench
from franka_bridge.gate.checks import Measured
from molmoact_common.poses import Pose

POSE = Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))


@pytest.mark.parametrize(
    ("wrench", "why"),
    [
        ([0, 0, 0, 0, 0, 0], ""),
        ([0, 12, -15.9, 3, 3.9, 0], ""),
        ([0, 12, -16.1, 0, 0, 0], "feels 20.1 N more than at start; the limit is 20 N"),
        ([0, 0, 0, 3, 4.1, 0], "feels 5.1 Nm more than at start; the limit is 5 Nm"),
        ([np.nan, 0, 0, 0, 0, 0], "feels nan N more than at start; the limit is 20 N"),
    ],
)
def test_the_length_of_force_and_of_torque_is_bounded(wrench: list[float], why: str):
    assert Wrench(20.0, 5.0).objection(Measured(POSE, np.array(wrench, dtype=float))) == why

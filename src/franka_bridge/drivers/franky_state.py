"""franky's state of a robot as the bridge's."""

from typing import Any

import franky
import numpy as np

from franka_bridge.drivers.base import DriverState
from franka_bridge.drivers.franky_errors import active_errors
from molmoact_common.poses import Pose, Vector


def convert(robot: Any, state: Any, fault: str, planner_failures: int) -> DriverState:
    """One franky.RobotState.

    The measured pose is forward kinematics of the measured joints: franky-sim reports the commanded pose as O_T_EE.

    Args:
        robot: franky.Robot, for its model.
        state: its state.
        fault: what broke off the motion that ended last, or nothing.
        planner_failures: see `DriverState`.
    """
    measured = robot.model.pose(franky.Frame.EndEffector, state.q, state.F_T_EE, state.EE_T_K)
    return DriverState(
        robot_time_ms=state.time.to_msec(),
        q=_own(state.q),
        dq=_own(state.dq),
        measured=Pose(_own(measured.translation), _own(measured.quaternion)),
        wrench=_own(state.O_F_ext_hat_K),
        fault=_robot_fault(state, fault),
        planner_failures=planner_failures,
    )


def _own(values: Any) -> Vector:
    """A copy: franky's arrays are views that nobody may write to, and SciPy does not take them."""
    return np.array(values, dtype=np.float64).ravel()


def _robot_fault(state: Any, fault: str) -> str:
    if state.robot_mode == franky.RobotMode.UserStopped:
        return "the user stop is pressed"
    if state.robot_mode == franky.RobotMode.Reflex and not fault:
        return f"reflex: {', '.join(active_errors(state.current_errors))}"
    return fault

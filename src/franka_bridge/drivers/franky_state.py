"""franky's state of a robot as the bridge's."""

from typing import Any

import franky
import numpy as np

from franka_bridge.deadlines import call_with_deadline
from franka_bridge.drivers.base import DriverState
from franka_bridge.drivers.franky_errors import active_errors
from molmoact_common.poses import Pose, Vector

NEW_STATE_SECONDS = 1.0
"""As long as libfranka itself waits for any."""


def newest(robot: Any) -> Any:
    """The newest franky.RobotState.

    At rest franky waits for a new one, and for ever where a robot repeats an old one.

    Raises:
        DriverLostError: no new one in time.
    """
    if robot.is_in_control:
        return robot.state
    return call_with_deadline(lambda: robot.state, NEW_STATE_SECONDS, "waiting for a new state of the robot")


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


def commanded(robot: Any) -> Pose:
    """Where a franky.Robot was sent to last."""
    pose = newest(robot).O_T_EE_c
    return Pose(_own(pose.translation), _own(pose.quaternion))


def _own(values: Any) -> Vector:
    """A copy: franky's arrays are views that nobody may write to, and SciPy does not take them."""
    return np.array(values, dtype=np.float64).ravel()


def _robot_fault(state: Any, fault: str) -> str:
    if state.robot_mode == franky.RobotMode.UserStopped:
        return "the user stop is pressed"
    if state.robot_mode == franky.RobotMode.Reflex and not fault:
        return f"reflex: {', '.join(active_errors(state.current_errors))}"
    return fault

"""Coming to rest where braking ends: franky's own stop motions overshoot and then go back to where they were called."""

from typing import Any

import franky
import numpy as np
from scipy.spatial.transform import Rotation

from franka_bridge.config import ArmConfig
from franka_bridge.drivers.franky_motions import cartesian_motion, joint_motion
from molmoact_common.poses import Pose, Vector

REACTION = 0.005
"""Seconds until the new motion has taken over; a braking point that is a little far costs less than one too near."""


def braking_distance(velocity: Vector, acceleration: float, jerk: float) -> Vector:
    """How far `velocity` leads while it is brought to zero.

    Args:
        velocity: shape (n,), along the way (m/s or rad/s).
        acceleration: limit of the deceleration's size.
        jerk: limit of its change.

    Returns:
        Shape (n,): along `velocity`, with the deceleration ramped up and down at the jerk limit.
    """
    speed = float(np.linalg.norm(velocity))
    seconds = speed / acceleration + acceleration / jerk
    if speed < acceleration**2 / jerk:  # too slow for the deceleration to reach its limit
        seconds = 2.0 * np.sqrt(speed / jerk)
    return velocity * (seconds / 2.0 + REACTION)


def halt_motion(robot: Any, config: ArmConfig) -> Any:
    """The motion that brings a moving franky.Robot to rest, of the same kind as the one under way.

    franky cannot change the kind in mid-motion.
    """
    share = franky.RelativeDynamicsFactor(config.dynamics.velocity, config.dynamics.stop, config.dynamics.stop)
    state = robot.state
    if robot.current_control_signal_type == franky.ControlSignalType.JointPositions:
        return joint_motion(_braking_joints(robot, state, config.dynamics.stop), share)
    return cartesian_motion(_braking_pose(robot, state, config.dynamics.stop), share, ends=True)


def _braking_joints(robot: Any, state: Any, share: float) -> list[float]:
    """Joints brake together, so the weakest limit counts."""
    acceleration = share * float(np.min(robot.joint_acceleration_limit.get()))
    jerk = share * float(np.min(robot.joint_jerk_limit.get()))
    way = braking_distance(np.ravel(state.dq_d), acceleration, jerk)
    return [float(value) for value in np.ravel(state.q_d) + way]


def _braking_pose(robot: Any, state: Any, share: float) -> Pose:
    twist = state.O_dP_EE_c
    shift, turn = (
        braking_distance(
            np.ravel(velocity),
            share * getattr(robot, f"{kind}_acceleration_limit").get(),
            share * getattr(robot, f"{kind}_jerk_limit").get(),
        )
        for kind, velocity in (("translation", twist.linear), ("rotation", twist.angular))
    )
    now = state.O_T_EE_c
    turned = Rotation.from_rotvec(turn) * Rotation.from_quat(np.ravel(now.quaternion))
    return Pose(np.ravel(now.translation) + shift, turned.as_quat())

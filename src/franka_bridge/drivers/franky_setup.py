"""A robot connected, and told what it must know before it moves: limits, end effector, load, collision thresholds."""

from typing import Any

import franky
import numpy as np

from franka_bridge.config import ArmConfig


def open_robot(config: ArmConfig, speed_cap: float) -> Any:
    """Connect a franky.Robot and set what the configuration says; blocks for as long as libfranka does.

    Args:
        config: address and figures.
        speed_cap: m/s of the TCP that no motion of chunks may pass.
    """
    enforce = config.realtime == "enforce"
    mode = franky.RealtimeConfig.Enforce if enforce else franky.RealtimeConfig.Ignore
    robot = franky.Robot(config.host, realtime_config=mode)
    _apply_settings(robot, config, speed_cap)
    return robot


def _apply_settings(robot: Any, config: ArmConfig, speed_cap: float) -> None:
    _set_limits(robot, config, speed_cap)
    robot.set_ee(config.end_effector.pose().matrix().ravel(order="F").tolist())
    load = config.load
    robot.set_load(load.mass, list(load.center_of_mass), np.array(load.inertia).ravel(order="C").tolist())
    thresholds = config.collision
    robot.set_collision_behavior(
        thresholds.contact_torque, thresholds.reflex_torque, thresholds.contact_force, thresholds.reflex_force
    )


def _set_limits(robot: Any, config: ArmConfig, speed_cap: float) -> None:
    """Each limit is the robot's or, where that is lower, franky's own ceiling, above which it cannot be set."""
    limits = config.limits
    # Factors multiply: this is the ceiling at which the chunk's share of it is the cap.
    translation = (min(limits.translation[0], speed_cap / config.dynamics.velocity), *limits.translation[1:])
    for kind, figures in (("translation", translation), ("rotation", limits.rotation), ("elbow", limits.elbow)):
        for order, figure in zip(("velocity", "acceleration", "jerk"), figures, strict=True):
            limit = getattr(robot, f"{kind}_{order}_limit")
            limit.set(min(figure, limit.max))
    joints = (limits.joint_velocity, limits.joint_acceleration, limits.joint_jerk)
    for order, values in zip(("velocity", "acceleration", "jerk"), joints, strict=True):
        limit = getattr(robot, f"joint_{order}_limit")
        limit.set(np.minimum(values, np.ravel(limit.max)))

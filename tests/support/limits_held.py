"""What must hold of every target that the gate lets through, from the figures themselves."""

import numpy as np

from franka_bridge.gate.checks import Situation
from franka_bridge.gate.target_checks import CREEP
from franka_bridge.gate.together_checks import ArmsApart
from franka_bridge.kinematics import Kinematics
from franka_bridge.safety import SafetyConfig
from franka_bridge.targets import Target, Targets
from molmoact_common.poses import Pose

ROUNDING = 1e-6


def assert_held(
    safety: SafetyConfig, before: Target, after: Target, period: float, factor: float, model: Kinematics | None = None
) -> None:
    """No figure of `safety` is passed by a step of `period` seconds from `before` to `after`."""
    position = after.pose.position
    lower = np.array(safety.workspace_lower)
    lower[2] = max(lower[2], safety.table_height + safety.table_clearance)
    upper = np.array(safety.workspace_upper)
    assert np.isfinite(position).all()
    assert abs(np.linalg.norm(after.pose.quaternion) - 1.0) < 1e-9
    assert (position >= lower - 1e-9).all()
    assert (position <= upper + 1e-9).all()
    assert 0.0 <= after.opening <= 1.0
    metres, radians = _between(before.pose, after.pose)
    assert metres <= safety.speed_cap * factor * period + ROUNDING
    assert radians <= safety.turn_cap * factor * period + ROUNDING
    _assert_braking(safety, before.pose.position, position, period, lower, upper)
    if model is not None:
        _assert_joints(safety, before, after, period, factor, model)


def _between(one: Pose, other: Pose) -> tuple[float, float]:
    """Metres and radians; by the chord between the quaternions, another way than that of the code under test."""
    signed = other.quaternion * np.copysign(1.0, one.quaternion @ other.quaternion)
    chord = float(np.linalg.norm(one.quaternion - signed))
    return float(np.linalg.norm(one.position - other.position)), 4 * float(np.arcsin(chord / 2))


def _assert_braking(safety, start, end, period, lower, upper) -> None:
    speed = np.abs(end - start) / period
    room = np.maximum(np.where(end > start, upper - end, end - lower), 0.0)
    assert (speed <= np.maximum(np.sqrt(2 * safety.braking * room), CREEP) + ROUNDING).all()


def _assert_joints(safety, before, after, period, factor, model) -> None:
    assert before.joints is not None
    assert after.joints is not None
    metres, radians = _between(model.forward(after.joints), after.pose)
    assert metres < ROUNDING
    assert radians < ROUNDING
    room, was = model.limits.room(after.joints), model.limits.room(before.joints)
    assert ((room >= safety.joint_margin - ROUNDING) | (room >= was - ROUNDING)).all()
    turned = after.joints - before.joints
    bound = model.limits.fastest(after.joints, turned) * safety.joint_speed * factor
    assert (np.abs(turned) <= bound * period + 2 * ROUNDING).all()
    condition = model.condition(after.joints)
    assert condition < safety.singularity_stop or condition <= model.condition(before.joints) + ROUNDING


def assert_apart(check: ArmsApart, before: Targets, after: Targets, model: Kinematics) -> None:
    """Two arms are as far from each other as they should be, or have not come nearer."""
    situations = {arm: Situation(target, target.pose, 1.0, model=model) for arm, target in before.items()}
    gap = check.gap(*check.bases, situations, after)
    assert gap is not None
    if gap < check.distance:
        was = check.gap(*check.bases, situations, before)
        assert was is not None
        assert gap >= was - ROUNDING

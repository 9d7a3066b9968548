"""Checks of one arm's next target as its joints see it: refused, or stretched in time; none without the arm's model."""

from dataclasses import dataclass, field, replace

import numpy as np

from franka_bridge.gate.checks import Action, Outcome, Situation
from franka_bridge.gate.target_checks import StepCap
from franka_bridge.kinematics import Kinematics
from franka_bridge.targets import Target
from molmoact_common.poses import Vector

_ROUNDING = 1e-6
"""Radians, or of a condition number, by which nothing has got worse."""


def _way(target: Target, situation: Situation) -> tuple[Kinematics, Vector, Vector] | None:
    """Model, joints before and joints after; none where they are not known."""
    if situation.model is None or situation.commanded.joints is None or target.joints is None:
        return None
    return situation.model, situation.commanded.joints, target.joints


@dataclass(frozen=True, slots=True)
class Reach:
    """The arm has joints for the pose, and they are found from those that it has now; later checks look at them."""

    name: str = "reach"
    action: Action = Action.REFUSE
    figure: str = "inverse kinematics from the commanded joints, elbow held"

    def __call__(self, target: Target, situation: Situation) -> Outcome:
        """See `TargetCheck`."""
        if situation.model is None or situation.commanded.joints is None:
            return Outcome(target)
        joints = situation.model.inverse(target.pose, situation.commanded.joints)
        if joints is None:
            x, y, z = target.pose.position
            return Outcome.refused(target, f"has no joints for a TCP at {x:.3f}, {y:.3f}, {z:.3f} m so turned")
        return Outcome(replace(target, joints=joints))


@dataclass(frozen=True, slots=True)
class JointRange:
    """Each joint keeps this far (rad) from the ends of its range; one that is nearer already may only go back."""

    margin: float
    name: str = "joint_range"
    action: Action = Action.REFUSE
    figure: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "figure", f"{self.margin:g} rad to the ends in the robot's description")

    def __call__(self, target: Target, situation: Situation) -> Outcome:
        """See `TargetCheck`."""
        way = _way(target, situation)
        if way is None:
            return Outcome(target)
        model, before, after = way
        room = model.limits.room(after)
        nearer = room < model.limits.room(before) - _ROUNDING
        worst = int(np.where(nearer, room, np.inf).argmin())
        if not nearer[worst] or room[worst] >= self.margin:
            return Outcome(target)
        where = f"{after[worst]:.3f} rad, {room[worst]:.3f} rad from the end of its range"
        return Outcome.refused(target, f"would have joint {worst + 1} at {where}; {self.margin:g} rad are kept")


@dataclass(frozen=True, slots=True)
class Singularity:
    """Near a singular pose the caps shrink, and nearer still there is no way on; the way back is free.

    Attributes:
        caps: what shrinks.
        slow: condition number from which on it does, in proportion.
        stop: condition number that is not passed; just below it `least` of the caps is left.
    """

    caps: StepCap
    slow: float
    stop: float
    least: float = 0.1
    name: str = "singularity"
    action: Action = Action.STRETCH
    figure: str = field(init=False)

    def __post_init__(self) -> None:
        figure = f"condition number {self.slow:g} slows down to {self.least:g} of the caps, {self.stop:g} is refused"
        object.__setattr__(self, "figure", figure)

    def __call__(self, target: Target, situation: Situation) -> Outcome:
        """See `TargetCheck`."""
        way = _way(target, situation)
        if way is None:
            return Outcome(target)
        model, before, after = way
        condition = model.condition(after)
        if condition < self.slow or condition <= model.condition(before) + _ROUNDING:
            return Outcome(target)
        if condition >= self.stop:
            figure = f"{condition:.0f}; the limit is {self.stop:g}"
            return Outcome.refused(target, f"would come near a singular pose, condition number {figure}")
        share = 1.0 - (1.0 - self.least) * (condition - self.slow) / (self.stop - self.slow)
        return Outcome.stretched(target, self.caps.steps(target, situation, share))


@dataclass(frozen=True, slots=True)
class JointSpeed:
    """No joint is faster in a step than `share` of what the robot allows it there."""

    share: float
    name: str = "joint_speed"
    action: Action = Action.STRETCH
    figure: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "figure", f"{self.share:g} of the robot's own limit at the joint's position")

    def __call__(self, target: Target, situation: Situation) -> Outcome:
        """See `TargetCheck`."""
        way = _way(target, situation)
        if way is None:
            return Outcome(target)
        model, before, after = way
        turned = after - before
        fastest = model.limits.fastest(after, turned) * self.share * situation.speed_factor
        moving = np.abs(turned) > _ROUNDING
        stuck = moving & (fastest <= 0.0)
        if stuck.any():
            joint = int(stuck.argmax()) + 1
            return Outcome.refused(target, f"has no speed left for joint {joint} so near the end of its range")
        steps = np.abs(turned[moving]) / (fastest[moving] * situation.period)
        return Outcome.stretched(target, float(steps.max(initial=0.0)))

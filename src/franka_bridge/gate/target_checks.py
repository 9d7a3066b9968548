"""Checks of one arm's next target that need no joints: each clips it, stretches it in time, or lets the arm wait."""

from dataclasses import dataclass, field, replace

import numpy as np

from franka_bridge.gate.checks import Action, Outcome, Situation
from franka_bridge.targets import Target
from molmoact_common.poses import Pose, Vector

CREEP = 0.005
"""m/s that an arm may always have towards a wall: it runs 0.013 mm too far at 1 m/s2, and gets there in the end."""


@dataclass(frozen=True, slots=True)
class Leash:
    """The measured pose is no further than this from the commanded one (metres, rad), or the arm is waited for."""

    translation: float
    rotation: float
    name: str = "leash"
    action: Action = Action.WAIT
    figure: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "figure", f"{self.translation * 1e3:.0f} mm, {self.rotation:.2f} rad")

    def __call__(self, target: Target, situation: Situation) -> Outcome:
        """See `TargetCheck`."""
        metres, radians = situation.commanded.pose.distance_to(situation.measured)
        pulled = metres > self.translation or radians > self.rotation
        return Outcome(target, wait=pulled, touched=pulled)


@dataclass(frozen=True, slots=True)
class GripperRange:
    """Openings are 0..1."""

    name: str = "gripper_range"
    action: Action = Action.CLIP
    figure: str = "0 .. 1"

    def __call__(self, target: Target, situation: Situation) -> Outcome:
        """See `TargetCheck`."""
        opening = min(max(target.opening, 0.0), 1.0)
        return Outcome(replace(target, opening=opening), touched=opening != target.opening)


@dataclass(frozen=True, slots=True)
class Workspace:
    """The TCP stays in a box of the base frame (metres, shape (3,) each corner)."""

    lower: Vector
    upper: Vector
    name: str = "workspace"
    action: Action = Action.CLIP
    figure: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "figure", f"{self.lower.tolist()} .. {self.upper.tolist()} m")

    def __call__(self, target: Target, situation: Situation) -> Outcome:
        """See `TargetCheck`."""
        inside = np.clip(target.pose.position, self.lower, self.upper)
        if np.array_equal(inside, target.pose.position):
            return Outcome(target)
        return Outcome(replace(target, pose=Pose(inside, target.pose.quaternion)), touched=True)


@dataclass(frozen=True, slots=True)
class TablePlane:
    """The TCP stays above a height (metres, base frame)."""

    lowest: float
    name: str = "table_plane"
    action: Action = Action.CLIP
    figure: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "figure", f"z >= {self.lowest:.3f} m")

    def __call__(self, target: Target, situation: Situation) -> Outcome:
        """See `TargetCheck`."""
        if target.pose.position[2] >= self.lowest:
            return Outcome(target)
        raised = target.pose.position.copy()
        raised[2] = self.lowest
        return Outcome(replace(target, pose=Pose(raised, target.pose.quaternion)), touched=True)


@dataclass(frozen=True, slots=True)
class StepCap:
    """No step is faster than the caps (m/s, rad/s); a longer way takes more steps, its length stays."""

    speed: float
    turn: float
    name: str = "step_cap"
    action: Action = Action.STRETCH
    figure: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "figure", f"{self.speed * 1e3:.0f} mm/s, {self.turn:.2f} rad/s")

    def __call__(self, target: Target, situation: Situation) -> Outcome:
        """See `TargetCheck`."""
        return Outcome.stretched(target, self.steps(target, situation))

    def steps(self, target: Target, situation: Situation, share: float = 1.0) -> float:
        """Steps that the way takes where `share` of the caps is allowed."""
        metres, radians = situation.commanded.pose.distance_to(target.pose)
        step = situation.period * situation.speed_factor * share
        return max(metres / (self.speed * step), radians / (self.turn * step))


@dataclass(frozen=True, slots=True)
class Braking:
    """Towards a wall of the box, or the table, no step is faster than can be braked in the room behind it.

    An arm that runs at a wall comes to rest there by itself only if it slows down before; the clipped target says so
    too late. `deceleration` (m/s2) is what the arm's planner brakes with at least.
    """

    lower: Vector
    upper: Vector
    deceleration: float
    name: str = "braking"
    action: Action = Action.STRETCH
    figure: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "figure", f"{self.deceleration:g} m/s2 to the box and the table")

    def __call__(self, target: Target, situation: Situation) -> Outcome:
        """See `TargetCheck`."""
        way = target.pose.position - situation.commanded.pose.position
        room = np.where(way > 0, self.upper, -self.lower) - np.sign(way) * situation.commanded.pose.position
        longest = self._longest(np.maximum(room, 0.0), situation.period)
        return Outcome.stretched(target, float((np.abs(way) / longest).max()))

    def _longest(self, room: Vector, period: float) -> Vector:
        """Metres of a step such that its speed v and the room left behind it obey v^2 = 2 a room."""
        slowing = self.deceleration * period**2
        return np.asarray(np.maximum(np.sqrt(slowing**2 + 2 * slowing * room) - slowing, CREEP * period))

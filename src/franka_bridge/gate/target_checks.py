"""Checks of one arm's next target: each one clips it, stretches it in time, or lets the arm wait."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

import numpy as np

from franka_bridge.targets import Target
from molmoact_common.poses import Pose, Vector


class Action(StrEnum):
    """What a check does to a target that breaks its rule."""

    CLIP = "clip"  # moved to the nearest one that keeps the rule
    STRETCH = "stretch"  # reached in more steps
    WAIT = "wait"  # not commanded until the rule holds again


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the arm is: newest commanded target, measured TCP pose, seconds that the step has."""

    commanded: Target
    measured: Pose
    period: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check makes of a target.

    Attributes:
        target: the target, clipped where that is what the check does.
        stretch: steps that it takes to get there; 1: one.
        wait: it may not be commanded now.
        touched: whether the rule was broken.
    """

    target: Target
    stretch: float = 1.0
    wait: bool = False
    touched: bool = False


class TargetCheck(Protocol):
    """One rule for targets."""

    @property
    def name(self) -> str:
        """For counters and messages."""

    @property
    def action(self) -> Action:
        """What it does."""

    @property
    def figure(self) -> str:
        """Its limit, to read."""

    def __call__(self, target: Target, situation: Situation) -> Outcome:
        """Apply the rule."""


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
        metres, radians = situation.commanded.pose.distance_to(target.pose)
        stretch = max(metres / (self.speed * situation.period), radians / (self.turn * situation.period))
        # A step exactly at the cap is within it, whatever the last bit of the division says.
        return Outcome(target, stretch=max(stretch, 1.0), touched=stretch > 1.0 + 1e-9)


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

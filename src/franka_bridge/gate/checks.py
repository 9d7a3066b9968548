"""What a check of a target looks at, what it may say, and the arm's doings that every control cycle looks at."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

import numpy as np

from franka_bridge.kinematics import ELBOW, Kinematics
from franka_bridge.targets import Target, Targets
from molmoact_common.poses import Pose, Vector


class Action(StrEnum):
    """What a check does to a target that breaks its rule."""

    CLIP = "clip"  # moved to the nearest one that keeps the rule
    STRETCH = "stretch"  # reached in more steps
    WAIT = "wait"  # not commanded until the rule holds again
    REFUSE = "refuse"  # not commanded, nor is the rest of its chunk


@dataclass(frozen=True, slots=True)
class Measured:
    """What an arm feels.

    Attributes:
        pose: TCP in the base frame.
        wrench: external, beyond its resting value: N and Nm, base frame, shape (6,).
        joints: rad, shape (7,); none where they are not known.
    """

    pose: Pose
    wrench: Vector = field(default_factory=lambda: np.zeros(6))
    joints: Vector | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """Where an arm is.

    Attributes:
        commanded: newest commanded target.
        measured: TCP pose, base frame.
        period: seconds that the step has.
        speed_factor: 0.05..1, scales what is allowed as speed.
        model: of the arm; none where nothing is known of its joints.
    """

    commanded: Target
    measured: Pose
    period: float
    speed_factor: float = 1.0
    model: Kinematics | None = None


def as_it_stands(commanded: Target, measured: Measured, model: Kinematics | None) -> Target:
    """`commanded` with its joints where the elbow is as the arm has it now: a robot turns that by itself."""
    if model is None or commanded.joints is None or measured.joints is None:
        return commanded
    near = commanded.joints.copy()
    near[ELBOW] = measured.joints[ELBOW]
    joints = model.inverse(commanded.pose, near)
    return commanded if joints is None else replace(commanded, joints=joints)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check makes of a target.

    Attributes:
        target: the target, clipped where that is what the check does.
        stretch: steps that it takes to get there; 1: one.
        wait: it may not be commanded now.
        refusal: why it may not be commanded at all, to be read after the arm's name; empty: it may.
        touched: whether the rule was broken.
    """

    target: Target
    stretch: float = 1.0
    wait: bool = False
    refusal: str = ""
    touched: bool = False

    @classmethod
    def refused(cls, target: Target, why: str) -> "Outcome":
        """The target may not be commanded."""
        return cls(target, refusal=why, touched=True)

    @classmethod
    def stretched(cls, target: Target, stretch: float) -> "Outcome":
        """The target takes so many steps; up to one is one, whatever the last bit of a division says."""
        return cls(target, stretch=max(stretch, 1.0), touched=stretch > WHOLE)


WHOLE = 1.0 + 1e-9
"""A stretch up to this is none: the last part of a stretched row comes out as 1 but for rounding."""


class Check(Protocol):
    """What all checks of motion have to tell."""

    @property
    def name(self) -> str:
        """For counters and messages."""

    @property
    def action(self) -> Action:
        """What it does."""

    @property
    def figure(self) -> str:
        """Its limit, to read."""


class TargetCheck(Check, Protocol):
    """One rule for the next target of one arm."""

    def __call__(self, target: Target, situation: Situation) -> Outcome:
        """Apply the rule."""


class ArmCheck(Check, Protocol):
    """One rule for what an arm feels, looked at in every control cycle."""

    def objection(self, measured: Measured) -> str:
        """Why the arm may not go on, to be read after its name; empty: it may."""


class TogetherCheck(Check, Protocol):
    """One rule for the next targets of all arms."""

    def objection(self, situations: Mapping[str, Situation], targets: Targets) -> str:
        """Why the targets may not be commanded together; empty: they may."""

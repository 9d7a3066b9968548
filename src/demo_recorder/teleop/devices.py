"""What every teleoperation device gives: one reading of what its operator asks for now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from molmoact_common.errors import UserError
from molmoact_common.poses import Pose, Vector


class DeviceLostError(UserError):
    """A device is not there, was unplugged, or cannot be used; the line says what to do."""


def _nothing() -> Vector:
    return np.zeros(3)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an operator asks for.

    The operator's frame: x away from the operator, y to the left, z up. What begins with `press_` is true in the one
    reading after the button went down.

    Attributes:
        translation: shape (3,), parts -1..1 of the full speed.
        rotation: shape (3,), about x, y and z, parts -1..1 of the full speed.
        held: the dead-man switch is held; where a device has none, that its operator asks for anything at all.
        clutched: the device may be moved freely, the arm stands.
        gripper: opening that is asked for, 0 closed .. 1 open; None: as it is.
        press_gripper: open where it is closed, close where it is open.
        press_switch: go on to the next arm.
        faster: steps of the speed scale, up or down.
    """

    translation: Vector = field(default_factory=_nothing)
    rotation: Vector = field(default_factory=_nothing)
    held: bool = False
    clutched: bool = False
    gripper: float | None = None
    press_gripper: bool = False
    press_switch: bool = False
    faster: int = 0

    @property
    def neutral(self) -> bool:
        """Whether no motion is asked for, dead-man switch or not."""
        return not self.translation.any() and not self.rotation.any()


@dataclass(frozen=True, slots=True)
class ArmView:
    """One arm as its newest state shows it.

    Attributes:
        stamp_ns: of the state, graph's clock.
        command_step: steps that the bridge has commanded.
        measured: TCP pose, base frame.
        commanded: TCP target of the newest step, base frame.
        gripper_commanded: 0 closed .. 1 open.
        gripper_opening: measured.
        following: the bridge follows chunks.
        running: it commands one now.
    """

    stamp_ns: int
    command_step: int
    measured: Pose
    commanded: Pose
    gripper_commanded: float
    gripper_opening: float
    following: bool
    running: bool


@dataclass(frozen=True, slots=True)
class Speeds:
    """What a full deflection means: m/s, rad/s, and seconds a step."""

    translation: float
    rotation: float
    step_period: float


class Device(Protocol):
    """A device that is open. Made by a factory `(options, speeds, arms) -> Device` that configuration names."""

    def read(self, now_ns: int, arm: str, views: Mapping[str, ArmView]) -> Reading:
        """What is asked for; never waits.

        Args:
            now_ns: time of a steady clock, nanoseconds.
            arm: the one that this device moves now.
            views: every arm.

        Raises:
            DeviceLostError: the device is gone.
        """

    def close(self) -> None:
        """Let go of it."""


def beyond_rest(values: Vector, rest: float) -> Vector:
    """Deflections (-1..1) with a zone of rest about zero, growing from its edge on; what lies beyond 1 is 1."""
    size = np.clip(np.abs(values), 0.0, 1.0)
    return np.sign(values) * np.maximum(size - rest, 0.0) / (1.0 - rest)

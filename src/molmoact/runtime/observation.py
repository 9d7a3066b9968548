"""What a policy sees: synchronised views, the instruction, and where the arms were commanded to be."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from molmoact_common.poses import Pose

TracePoints = tuple[tuple[int, int], ...]
"""Points (x, y) in the order of travel, each 0..255 of the image that the model sees."""


@dataclass(frozen=True, slots=True)
class ArmObservation:
    """One arm at the observation's stamp.

    Attributes:
        measured: TCP pose in the arm's base frame, from forward kinematics.
        commanded: TCP target of the newest commanded step, base frame.
        gripper_opening: measured, 0 closed .. 1 open; NaN without a gripper.
        gripper_commanded: 0 closed .. 1 open.
    """

    measured: Pose
    commanded: Pose
    gripper_opening: float
    gripper_commanded: float


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that one answer is based on.

    Attributes:
        sequence: number of this observation, rising; the chunk that answers it carries the same.
        stamp_ns: exposure of the newest view, nanoseconds of the graph's clock.
        view_stamps: exposure of each view, in the profile's view order.
        views: camera name -> RGB uint8 image, shape (height, width, 3), in the profile's view order.
        instruction: what the robot shall do, verbatim.
        command_step: the bridge's command-step counter at the stamp.
        arms: arm name -> its state at the stamp.
        drawn: arm name -> drawn trace that steers the answer; empty: the model plans for itself.
        received_ns: when the last of the views had arrived (0: not known).
    """

    sequence: int
    stamp_ns: int
    views: Mapping[str, NDArray[np.uint8]]
    instruction: str
    command_step: int = 0
    arms: Mapping[str, ArmObservation] = field(default_factory=dict)
    drawn: Mapping[str, TracePoints] = field(default_factory=dict)
    received_ns: int = 0
    view_stamps: tuple[int, ...] = ()

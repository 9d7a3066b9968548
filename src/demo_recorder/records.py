"""What a recorded message means, as plain objects: what reports, replays and curation work on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from numpy.typing import NDArray

from molmoact_common.chunks import Chunk, Ledger
from molmoact_common.poses import Pose, Vector

Traces = Mapping[str, tuple[tuple[int, int], ...]]
"""Arm -> points (x, y), 0..255 of the image that the model sees."""


class ArmMode(IntEnum):
    """Modes of ArmState."""

    DISCONNECTED = 0
    IDLE = 1
    RUNNING = 2
    HOLDING = 3
    STOPPED = 4
    RECOVERING = 5


class Stage(IntEnum):
    """Stages of Reasoning."""

    OBSERVED = 0
    DEPTH = 1
    TRACE = 2
    ACTION = 3
    REFUSED = 4


class Outcome(IntEnum):
    """What became of a chunk (ChunkStatus)."""

    ACCEPTED = 0
    FINISHED = 1
    REFUSED = 2
    DISCARDED = 3
    REPLACED = 4


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One image, decoded only when asked for; `stamp_ns` is its exposure."""

    stamp_ns: int
    frame: str
    _decode: Callable[[], NDArray[Any]]

    def pixels(self) -> NDArray[Any]:
        """RGB uint8 (height, width, 3), or uint16 (height, width) of a depth image in its camera's unit.

        Raises:
            ValueError: the message holds no picture.
        """
        return self._decode()


@dataclass(frozen=True, slots=True)
class ArmRecord:
    """ArmState; poses are of the TCP in the arm's base frame, joints in rad and rad/s, wrench in N and Nm."""

    stamp_ns: int
    arm: str
    mode: ArmMode
    reason: str
    command_step: int
    measured: Pose
    commanded: Pose
    q: Vector
    dq: Vector
    wrench: Vector
    gripper_opening: float
    gripper_commanded: float
    dry_run: bool


@dataclass(frozen=True, slots=True)
class ReasoningRecord:
    """Reasoning at one of its stages; `stamp_ns` is the observation's."""

    stamp_ns: int
    sequence: int
    stage: Stage
    instruction: str
    model: str
    depth_codes: tuple[int, ...]
    traces: Traces
    drawn: Traces
    view_stamps_ns: tuple[int, ...]
    input_digest: str
    text: str
    why: str
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class StatusRecord:
    """ChunkStatus."""

    stamp_ns: int
    sequence: int
    outcome: Outcome
    entry_step: int
    steps_done: int
    reason: str
    clipped: tuple[str, ...]
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class CellRecord:
    """CellState: what the simulated cell knows of itself; poses are in the world frame."""

    stamp_ns: int
    tick: int
    seed: int
    task: str
    instruction: str
    objects: Mapping[str, Pose]
    success: bool
    progress: float


@dataclass(frozen=True, slots=True)
class TextRecord:
    """std_msgs/String."""

    text: str


Record = ImageRecord | ArmRecord | ReasoningRecord | StatusRecord | CellRecord | TextRecord | Chunk
"""What a message of a type that is known here becomes."""

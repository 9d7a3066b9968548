"""What a recorded message means: plain objects, and the table that turns a decoded message of each type into one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from molmoact_common.chunks import Chunk, Ledger
from molmoact_common.poses import Pose, Vector
from molmoact_common.ros.images import decompress_image, image_from_message
from molmoact_common.ros.messages import (
    chunk_from_message,
    ledger_from_message,
    pose_from_message,
    traces_from_messages,
)
from molmoact_common.ros.stamps import to_nanoseconds

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


def _image(message: Any) -> ImageRecord:
    header = message.header
    return ImageRecord(to_nanoseconds(header.stamp), header.frame_id, lambda: image_from_message(message))


def _compressed_image(message: Any) -> ImageRecord:
    header = message.header
    return ImageRecord(to_nanoseconds(header.stamp), header.frame_id, lambda: decompress_image(message))


def _arm(message: Any) -> ArmRecord:
    force, torque = message.wrench.force, message.wrench.torque
    return ArmRecord(
        stamp_ns=to_nanoseconds(message.header.stamp),
        arm=message.arm,
        mode=ArmMode(message.mode),
        reason=message.reason,
        command_step=int(message.command_step),
        measured=pose_from_message(message.measured),
        commanded=pose_from_message(message.commanded),
        q=np.asarray(message.q, dtype=np.float64),
        dq=np.asarray(message.dq, dtype=np.float64),
        wrench=np.array([force.x, force.y, force.z, torque.x, torque.y, torque.z]),
        gripper_opening=float(message.gripper_opening),
        gripper_commanded=float(message.gripper_commanded),
        dry_run=bool(message.dry_run),
    )


def _reasoning(message: Any) -> ReasoningRecord:
    return ReasoningRecord(
        stamp_ns=to_nanoseconds(message.header.stamp),
        sequence=int(message.sequence),
        stage=Stage(message.stage),
        instruction=message.instruction,
        model=message.model,
        depth_codes=tuple(int(code) for code in message.depth_codes),
        traces=traces_from_messages(message.traces),
        drawn=traces_from_messages(message.drawn),
        view_stamps_ns=tuple(to_nanoseconds(stamp) for stamp in message.view_stamps),
        input_digest=message.input_digest,
        text=message.text,
        why=message.why,
        ledger=ledger_from_message(message.ledger),
    )


def _status(message: Any) -> StatusRecord:
    return StatusRecord(
        stamp_ns=to_nanoseconds(message.header.stamp),
        sequence=int(message.sequence),
        outcome=Outcome(message.status),
        entry_step=int(message.entry_step),
        steps_done=int(message.steps_done),
        reason=message.reason,
        clipped=tuple(message.clipped),
        ledger=ledger_from_message(message.ledger),
    )


def _cell(message: Any) -> CellRecord:
    poses = [pose_from_message(pose) for pose in message.poses]
    return CellRecord(
        stamp_ns=to_nanoseconds(message.header.stamp),
        tick=int(message.tick),
        seed=int(message.seed),
        task=message.task,
        instruction=message.instruction,
        objects=dict(zip(message.objects, poses, strict=True)),
        success=bool(message.success),
        progress=float(message.progress),
    )


def _text(message: Any) -> TextRecord:
    return TextRecord(message.data)


Record = ImageRecord | ArmRecord | ReasoningRecord | StatusRecord | CellRecord | TextRecord | Chunk

DECODERS: Mapping[str, Callable[[Any], Record]] = {
    "sensor_msgs/msg/Image": _image,
    "sensor_msgs/msg/CompressedImage": _compressed_image,
    "molmoact_ros/msg/ArmState": _arm,
    "molmoact_ros/msg/Reasoning": _reasoning,
    "molmoact_ros/msg/ChunkStatus": _status,
    "molmoact_ros/msg/CellState": _cell,
    "molmoact_ros/msg/ActionChunk": chunk_from_message,
    "std_msgs/msg/String": _text,
}
"""Message type -> what makes its record. A type that is not here has no record and comes as its message."""

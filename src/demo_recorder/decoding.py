"""Recorded messages into records: one function a message type, and the table that finds it."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from demo_recorder.records import (
    ArmMode,
    ArmRecord,
    CellRecord,
    ImageRecord,
    Outcome,
    ReasoningRecord,
    Record,
    Stage,
    StatusRecord,
    TextRecord,
)
from molmoact_common.ros.images import decompress_image, image_from_message
from molmoact_common.ros.messages import (
    chunk_from_message,
    ledger_from_message,
    pose_from_message,
    traces_from_messages,
)
from molmoact_common.ros.stamps import to_nanoseconds


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

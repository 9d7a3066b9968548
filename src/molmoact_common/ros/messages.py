"""Chunks, ledgers, poses and traces to ROS messages and back, without loss."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from geometry_msgs.msg import Point, Quaternion
from geometry_msgs.msg import Pose as PoseMessage
from molmoact_ros.msg import ActionChunk
from molmoact_ros.msg import Ledger as LedgerMessage
from molmoact_ros.msg import Trace as TraceMessage

from molmoact_common.chunks import Chunk, Ledger
from molmoact_common.poses import DeltaFrame, Pose, RotationConvention
from molmoact_common.ros.stamps import to_nanoseconds, to_time

TracePoints = Sequence[tuple[int, int]]


def ledger_to_message(ledger: Ledger) -> LedgerMessage:
    """Message with the same stamps."""
    message = LedgerMessage(forward_passes=ledger.forward_passes)
    for name in Ledger.stamp_names():
        setattr(message, name, to_time(getattr(ledger, name)))
    return message


def ledger_from_message(message: Any) -> Ledger:
    """Inverse of `ledger_to_message`."""
    stamps = {name: to_nanoseconds(getattr(message, name)) for name in Ledger.stamp_names()}
    return Ledger(**stamps, forward_passes=int(message.forward_passes))


def chunk_to_message(chunk: Chunk) -> ActionChunk:
    """Message for a chunk."""
    steps, dof = chunk.deltas.shape
    message = ActionChunk(
        sequence=chunk.sequence,
        command_step=chunk.command_step,
        arms=list(chunk.arms),
        steps=steps,
        dof=dof,
        deltas=chunk.deltas.ravel().tolist(),
        step_period=chunk.step_period,
        frame=chunk.frame.value,
        rotation=chunk.rotation.value,
        model=chunk.model,
        instruction=chunk.instruction,
        ledger=ledger_to_message(chunk.ledger),
    )
    message.header.stamp = to_time(chunk.observation_ns)
    return message


def chunk_from_message(message: Any) -> Chunk:
    """Chunk of a message.

    Raises:
        ValueError: the numbers do not fill steps x dof, or frame or rotation is not one that is known.
    """
    steps, dof = int(message.steps), int(message.dof)
    deltas = np.asarray(message.deltas, dtype=np.float64)
    if deltas.size != steps * dof or not steps or not dof:
        raise ValueError(f"{deltas.size} numbers do not fill {steps} steps of {dof}")
    return Chunk(
        sequence=int(message.sequence),
        observation_ns=to_nanoseconds(message.header.stamp),
        command_step=int(message.command_step),
        arms=tuple(message.arms),
        deltas=deltas.reshape(steps, dof),
        step_period=float(message.step_period),
        frame=DeltaFrame(message.frame),
        rotation=RotationConvention(message.rotation),
        model=message.model,
        instruction=message.instruction,
        ledger=ledger_from_message(message.ledger),
    )


def pose_to_message(pose: Pose) -> PoseMessage:
    """Message for a pose."""
    x, y, z = (float(value) for value in pose.position)
    qx, qy, qz, qw = (float(value) for value in pose.quaternion)
    return PoseMessage(position=Point(x=x, y=y, z=z), orientation=Quaternion(x=qx, y=qy, z=qz, w=qw))


def pose_from_message(message: Any) -> Pose:
    """Inverse of `pose_to_message`."""
    p, q = message.position, message.orientation
    return Pose(np.array([p.x, p.y, p.z]), np.array([q.x, q.y, q.z, q.w]))


def traces_to_messages(traces: Mapping[str, TracePoints]) -> list[TraceMessage]:
    """One message an arm; points are (x, y) in 0..255 of the image that the model sees."""
    return [
        TraceMessage(arm=arm, x=[int(x) for x, _ in points], y=[int(y) for _, y in points])
        for arm, points in traces.items()
    ]


def traces_from_messages(messages: Sequence[Any]) -> dict[str, tuple[tuple[int, int], ...]]:
    """Inverse of `traces_to_messages`."""
    return {m.arm: tuple((int(x), int(y)) for x, y in zip(m.x, m.y, strict=True)) for m in messages}

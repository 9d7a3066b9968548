"""Thoughts to Reasoning messages, and arm-state messages to records."""

from typing import Any

from molmoact_ros.msg import ArmState, Reasoning

from molmoact.runtime.arm_history import ArmRecord
from molmoact.runtime.observation import ArmObservation
from molmoact_common.ros.messages import ledger_to_message, pose_from_message, traces_to_messages
from molmoact_common.ros.stamps import to_nanoseconds, to_time
from molmoact_policy.thinking import Thought

FOLLOWING = (ArmState.RUNNING, ArmState.HOLDING)


def reasoning_message(thought: Thought) -> Reasoning:
    """Message for a thought, as far as it is."""
    observation = thought.observation
    message = Reasoning(
        sequence=observation.sequence,
        stage=int(thought.stage),
        instruction=observation.instruction,
        model=thought.model,
        depth_codes=list(thought.depth_codes),
        traces=traces_to_messages(thought.traces),
        drawn=traces_to_messages(observation.drawn),
        view_stamps=[to_time(stamp) for stamp in observation.view_stamps],
        input_digest=thought.input_digest,
        text=thought.text,
        why=thought.why,
        ledger=ledger_to_message(thought.ledger),
    )
    message.header.stamp = to_time(observation.stamp_ns)
    return message


def arm_record(message: Any) -> ArmRecord:
    """Record of an ArmState message."""
    return ArmRecord(
        stamp_ns=to_nanoseconds(message.header.stamp),
        command_step=int(message.command_step),
        following=message.mode in FOLLOWING,
        arm=ArmObservation(
            measured=pose_from_message(message.measured),
            commanded=pose_from_message(message.commanded),
            gripper_opening=float(message.gripper_opening),
            gripper_commanded=float(message.gripper_commanded),
        ),
    )

"""Snapshots and reports as messages."""

import math

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus

from franka_bridge import messages
from franka_bridge.authority import Source
from franka_bridge.config import ArmConfig
from franka_bridge.drivers.base import DriverState
from franka_bridge.reports import ChunkReport, Status
from franka_bridge.snapshot import ArmSnapshot
from franka_bridge.state_machine import Mode
from franka_bridge.targets import Target
from molmoact_common.chunks import Ledger
from molmoact_common.poses import Pose
from molmoact_common.ros.messages import ledger_from_message, pose_from_message
from molmoact_common.ros.stamps import to_nanoseconds

POSE = Pose(np.array([0.4, 0.1, 0.3]), np.array([1.0, 0.0, 0.0, 0.0]))
NOW = 12_345_678_901


def snapshot(mode: Mode = Mode.RUNNING) -> ArmSnapshot:
    q = np.arange(7) / 10
    state = DriverState(42, q, -q, POSE, np.arange(6.0))
    return ArmSnapshot(mode, "why", 9, state, Target(POSE, 0.25), 0.5, dry_run=True)


def test_arm_state_carries_all_of_the_snapshot():
    message = messages.arm_state("left", snapshot(), NOW)
    assert (message.arm, message.mode, message.reason, message.command_step) == ("left", message.RUNNING, "why", 9)
    assert (message.header.frame_id, to_nanoseconds(message.header.stamp)) == ("left_base", NOW)
    assert pose_from_message(message.measured).position.tolist() == POSE.position.tolist()
    assert message.q.tolist() == snapshot().state.q.tolist()
    assert (message.wrench.force.z, message.wrench.torque.x) == (2.0, 3.0)
    assert (message.gripper_opening, message.gripper_commanded) == (0.5, 0.25)
    assert message.dry_run
    assert message.robot_time_ms == 42


def test_modes_have_the_numbers_of_the_message():
    message = messages.arm_state("arm", snapshot(), NOW)
    assert all(getattr(message, mode.name) == mode for mode in Mode)


def test_joint_state_has_two_fingers_where_there_is_a_gripper():
    with_hand = messages.joint_state(ArmConfig(host="x"), snapshot(), NOW)
    assert with_hand.name[-2:] == ["fr3_finger_joint1", "fr3_finger_joint2"]
    assert with_hand.position[-1] == pytest.approx(0.02)
    without = messages.joint_state(ArmConfig(host="x", gripper=None), snapshot(), NOW)
    assert without.name == [f"fr3_joint{number}" for number in range(1, 8)]
    assert not any(map(math.isnan, without.position))


def test_chunk_status_carries_all_of_the_report():
    ledger = Ledger(exposure=1, bridge_received=2, first_step_applied=3)
    report = ChunkReport(Source.POLICY, NOW, 5, Status.DISCARDED, 2, 3, "why", ("leash",), ledger)
    message = messages.chunk_status(report)
    assert (message.sequence, message.status, message.entry_step, message.steps_done) == (5, message.DISCARDED, 2, 3)
    assert (message.reason, list(message.clipped)) == ("why", ["leash"])
    assert ledger_from_message(message.ledger) == ledger
    assert all(getattr(message, status.name) == status for status in Status)


@pytest.mark.parametrize(("mode", "level"), [(Mode.STOPPED, DiagnosticStatus.ERROR), (Mode.IDLE, DiagnosticStatus.OK)])
def test_a_stop_is_an_error_in_the_diagnostics(mode: Mode, level: bytes):
    (status,) = messages.diagnostics(mode, {"reason": "", "gate.leash": "3"}, NOW).status
    assert status.level == level
    assert {pair.key: pair.value for pair in status.values}["gate.leash"] == "3"

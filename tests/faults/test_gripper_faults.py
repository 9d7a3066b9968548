"""What a hand can do to the bridge: hang, fail, fall silent; the arm must not notice."""

import math
import time

import pytest

from franka_bridge.reports import Status
from franka_bridge.state_machine import Mode
from support.bridge_rig import Rig
from support.robot_server.judge import breaches
from support.robot_server.record import speeds
from support.robot_server.wire import GripperStatus

pytestmark = pytest.mark.robot


def closing(rig: Rig):
    """A chunk that closes the hand on its way; back, so that what follows has room ahead."""
    chunk = rig.chunk(dx=-0.006)
    chunk.deltas[:, 6] = 0.0
    return chunk


def until_ordered(rig: Rig, orders: int) -> None:
    """Control cycles until the hand has been asked so often."""
    rig.wait_for(lambda: len(rig.first.gripper.orders) >= orders)


def test_hang(rig: Rig):
    """The chunk goes on and ends; stop takes 250 ticks as ever, and returns at once; after it the hand closes late."""
    rig.first.gripper.hangs = True
    rig.send(closing(rig))
    until_ordered(rig, 1)
    rig.run(2000, until=lambda: rig.mode is Mode.HOLDING)
    assert rig.reports[-1].status is Status.FINISHED
    rig.cruise()
    called = rig.tick
    rig.bridge.stop("a test")
    rig.run(400)
    assert rig.ticks_to_rest("arm", called) <= 250
    assert breaches(rig.first.robot.record.rows(), since=called) == []
    rig.first.gripper.hangs = False
    rig.wait_for(lambda: rig.first.gripper.width < 0.001)
    rig.recover()
    assert rig.works_again()


def test_failure(rig: Rig):
    """The chunk goes on and ends; diagnostics name the hand's fault until a command succeeds."""
    rig.first.gripper.outcome = GripperStatus.FAIL
    rig.send(closing(rig))
    rig.run(2000, until=lambda: rig.mode is Mode.HOLDING)
    rig.wait_for(lambda: "Command failed" in rig.bridge.diagnostics()["gripper.arm"])
    assert rig.reports[-1].status is Status.FINISHED
    rig.first.gripper.outcome = GripperStatus.SUCCESS
    rig.send(rig.chunk())
    until_ordered(rig, 2)
    rig.wait_for(lambda: rig.bridge.diagnostics()["gripper.arm"] == "ok")


def test_silence(rig: Rig):
    """The arm moves on without a break; the width is unknown and diagnostics say so; stop and recover connect again."""
    rig.first.gripper.mute = True
    rig.send(rig.chunk(rows=14, dx=0.012))
    at = rig.tick
    rig.run(800)
    assert speeds(rig.first.robot.record.rows(at + 200))[:500].min() > 0.1
    rig.wait_for(lambda: "imeout" in rig.bridge.diagnostics()["gripper.arm"])
    assert math.isnan(rig.bridge.snapshot()["arm"].opening)
    rig.first.gripper.mute = False
    rig.bridge.stop("a test")
    assert "gripper connected again" in rig.recover()
    rig.wait_for(lambda: rig.bridge.snapshot()["arm"].opening > 0.9)
    assert rig.works_again()


def test_the_end_while_the_hand_hangs(rig: Rig):
    """Closing the bridge takes the gripper's deadline (3 s) and not longer."""
    rig.first.gripper.hangs = True
    rig.send(closing(rig))
    until_ordered(rig, 1)
    rig.run(2000, until=lambda: rig.mode is Mode.HOLDING)
    begin = time.monotonic()
    rig.let_go()
    rig.bridge.close()
    assert time.monotonic() - begin < 60.0  # an end at all: the test has no say in how busy the machine is
    rig.first.gripper.hangs = False

"""Stop and watchdog, measured on the robot's side of the wire."""

from dataclasses import replace

import numpy as np
import pytest

from franka_bridge.errors import RefusedError
from franka_bridge.reports import Status
from franka_bridge.state_machine import Mode
from support.bridge_rig import SAFETY, Rig
from support.robot_server.judge import breaches
from support.robot_server.record import speeds, travelled

pytestmark = pytest.mark.robot
STOP_TICKS = 250
SKEW_TICKS = 5


def test_stop_at_the_speed_cap(rig: Rig):
    """Rest (< 1 mm/s) within 250 ticks and 28 mm of the call at 250 mm/s, no limit passed; "call recover first"."""
    rig.cruise()
    called = rig.tick
    rig.bridge.stop("a test")
    assert rig.mode is Mode.STOPPED
    rig.run(400)
    rows = rig.first.robot.record.rows(called)
    assert speeds(rows)[0] > 0.24
    assert rig.ticks_to_rest("arm", called) <= STOP_TICKS
    assert travelled(rows) < 0.028
    assert breaches(rig.first.robot.record.rows(), since=called) == []
    with pytest.raises(RefusedError, match="call recover first"):
        rig.bridge.start(rig.now_ns)
    rig.recover()
    assert rig.works_again()


def test_stop_goes_on_to_rest_and_not_back(rig: Rig):
    """After the call the arm moves on along its way by less than 25 mm, and never back by more than 0.1 mm."""
    rig.cruise()
    called = rig.tick
    rig.bridge.stop("a test")
    rig.run(400)
    x = rig.first.robot.record.rows(called)["pose"][:, 0, 3]
    assert x.max() - x[-1] < 1e-4


def test_stop_while_a_chunk_is_queued(rig: Rig):
    """A chunk that comes with the stop or after it moves nothing, and is told so; the one under way is discarded."""
    rig.cruise()
    called = rig.tick
    rig.send(rig.chunk())
    rig.bridge.stop("a test")
    rig.send(rig.chunk())
    rig.run(500)
    assert rig.ticks_to_rest("arm", called) <= STOP_TICKS
    assert rig.first.robot.motions == 1
    told = [(report.sequence, report.status, report.reason) for report in rig.reports[-2:]]
    assert told == [(2, Status.DISCARDED, "stop: a test"), (3, Status.REFUSED, "mode: the bridge is stopped")]


def test_stop_before_the_first_tick_of_a_chunk(rig: Rig):
    """An arm that stands and has just been given a chunk moves less than 0.1 mm."""
    rig.send(rig.chunk())
    rig.bridge.stop("a test")
    rig.run(300)
    assert np.abs(rig.positions() - rig.first.robot.record.rows()["pose"][0, :3, 3]).max() < 1e-4


def test_both_arms_stop_together(duo: Rig):
    """From one call both arms are at rest within 250 ticks and within 5 ticks of each other."""
    duo.cruise()
    duo.run(100)  # both at the cap
    called = {name: robot.robot.tick for name, robot in duo.robots.items()}
    duo.bridge.stop("a test")
    duo.run(400)
    ends = [duo.ticks_to_rest(name, tick) for name, tick in called.items()]
    assert max(ends) <= STOP_TICKS
    assert max(ends) - min(ends) <= SKEW_TICKS
    assert duo.recover()
    assert duo.works_again()


def test_stop_on_the_way_home(rig: Rig):
    """The call to home ends with a line, and the arm is at rest within 250 ticks."""
    rig.send(rig.chunk())
    rig.run(1500, until=lambda: rig.mode is Mode.HOLDING)
    seen: list[int] = []

    def stop() -> None:
        seen.append(rig.tick)
        rig.bridge.stop("a test")

    rig.first.when(lambda: bool(np.abs(rig.first.robot.arm.joints.velocity).max() > 0.05), stop)
    with pytest.raises(Exception, match="stopped on the way home"):
        rig.home()
    rig.run(300)
    assert rig.ticks_to_rest("arm", seen[0]) <= STOP_TICKS
    assert rig.recover()
    assert rig.works_again()


def test_watchdog_halts_an_unattended_arm(rig: Rig):
    """Without control cycles the halt begins 100 +- 10 ticks after the last beat, rest 250 later; trips are counted."""
    rig.cruise()
    rig.run(50)
    # A target far away, as no chunk can bring one: else the motion would come to its own end before the halt.
    far = rig.bridge.arms["arm"].driver.state().measured
    rig.bridge.arms["arm"].driver.move_to(replace(far, position=far.position + np.array([0.2, 0.0, 0.0])))
    beat = rig.tick - 10
    for _ in range(450):
        rig.advance(1)
        rig.bridge._watchdog_thread.look()  # as its thread does each 5 ms of wall time, which is no measure here
    rows = rig.first.robot.record.rows(beat)
    slower = np.flatnonzero(speeds(rows)[60:] < 0.98 * SAFETY.speed_cap) + 60  # by then it is as fast as it may be
    assert 90 <= slower[0] <= 110
    assert rig.ticks_to_rest("arm", beat) <= 110 + STOP_TICKS
    assert breaches(rig.first.robot.record.rows(), since=beat) == []
    rig.cycle()
    assert rig.mode is Mode.HOLDING
    assert rig.bridge.diagnostics()["watchdog_trips"] == "1"
    assert "watchdog: no control cycle" in rig.reports[-1].reason
    rig.run(50)
    rig.send(rig.chunk())
    rig.run(1500, until=lambda: rig.mode is Mode.HOLDING)
    assert rig.reports[-1].status is Status.FINISHED

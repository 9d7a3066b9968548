"""One call of recover after each fault that an arm can recover from, and none that undoes a person's stop."""

import numpy as np
import pytest

from franka_bridge.reports import Status
from franka_bridge.state_machine import Mode
from support.bridge_rig import Rig
from support.robot_server.record import travelled

pytestmark = pytest.mark.robot
RECOVERED_TICKS = 5000
"""Of the robot, from the call until chunks move the arm."""


def ticks_to_work_again(rig: Rig) -> int:
    """Ticks from one call of recover until a chunk that comes after it moves the arm again."""
    at = rig.tick
    assert "following chunks again" in rig.recover()
    assert rig.mode is Mode.HOLDING
    before = rig.positions()
    rig.send(rig.chunk(dx=-0.004))
    rig.run(2000, until=lambda: bool(np.abs(rig.positions() - before).max() > 1e-3))
    took = rig.tick - at
    rig.run(2000, until=lambda: rig.mode is not Mode.RUNNING)
    rig.run(300)
    assert rig.reports[-1].status is Status.FINISHED
    assert rig.positions() - before == pytest.approx(np.tile([-0.032, 0.0, 0.0], (len(rig.robots), 1)), abs=2e-4)
    return took


@pytest.mark.parametrize("fault", ["reflex", "packets", "start", "gone", "closed"])
def test_one_call_of_recover_and_the_arm_works_again(rig: Rig, fault: str):
    """Within 5 s of the robot's time chunks move it again from where it is, to the millimetre: no home, no start."""
    rig.cruise()
    match fault:
        case "reflex":
            rig.first.robot.reflex("cartesian_reflex")
        case "packets":
            rig.first.drop = 20
        case "start":
            rig.run(2000, until=lambda: rig.mode is Mode.HOLDING)
            rig.run(800)
            rig.first.robot.refuse_starts = True
            rig.send(rig.chunk())
        case "gone":
            rig.first.vanish()
        case "closed":
            rig.first.close_connection()
    rig.wait_for(lambda: rig.mode in (Mode.STOPPED, Mode.DISCONNECTED))
    rig.advance(300)
    rig.first.robot.refuse_starts = False
    if fault == "gone":
        rig.first.come_back()
    assert ticks_to_work_again(rig) < RECOVERED_TICKS


def test_one_call_of_recover_serves_both_arms(duo: Rig):
    """A reflex of one of two, and within 5 s of its time both make chunks again."""
    duo.cruise()
    list(duo.robots.values())[1].robot.reflex("joint_reflex")
    duo.run(1000, until=lambda: duo.mode is Mode.STOPPED)
    duo.run(300)
    assert ticks_to_work_again(duo) < RECOVERED_TICKS


@pytest.mark.parametrize("person", ["service", "user stop"])
def test_what_a_person_stopped_is_started_by_a_call_of_its_own(rig: Rig, person: str):
    """Recover leaves the arm idle after a stop that somebody wanted: it answers no chunk until start."""
    rig.cruise()
    if person == "service":
        rig.bridge.stop("a test")
        rig.run(300)
    else:
        rig.first.robot.press_user_stop()
        rig.run(1000, until=lambda: rig.mode is Mode.STOPPED)
        rig.run(300)
        rig.first.robot.release_user_stop()
    rig.recover()
    assert rig.mode is Mode.IDLE
    at = rig.tick
    rig.send(rig.chunk())
    assert rig.reports[-1].reason == "mode: the bridge is idle"
    assert travelled(rig.first.robot.record.rows(at)) == 0.0

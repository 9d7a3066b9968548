"""Stop, recover and home at a robot that takes nothing for granted."""

import pytest

from franka_bridge.config import Dynamics
from franka_bridge.reports import Status
from strict.rig import CRUISE, Rig, rig_at
from strict.streams import straight

pytestmark = pytest.mark.robot
OTHER, LEFT, RIGHT = "127.0.104.2", "127.0.104.3", "127.0.104.4"
STOP_TICKS = 250
SLOW = 1e-3
"""m/s."""
TOLD_TICKS = 30


def test_stop_at_the_speed_cap(rig: Rig):
    """From 250 mm/s the commanded TCP is slower than 1 mm/s within 250 ticks of the call, and no limit is broken."""
    rig.send(rig.chunk(straight(14, CRUISE)))
    assert rig.run(900, until=lambda: rig.speed("arm") > 0.98 * CRUISE * 15)
    called = rig.tick_of("arm")
    rig.bridge.stop("a test")
    rig.run(600)
    assert rig.ticks_to_rest("arm", called) <= STOP_TICKS
    assert rig.new_complaints() == []


def test_recover_home_and_start_after_a_stop(rig: Rig):
    """And eight rows of 8 mm are 64 mm."""
    rig.send(rig.chunk(straight(14, 0.0, CRUISE)))
    rig.run(500)
    rig.bridge.stop("a test")
    rig.run(600)
    assert "no errors" in rig.recover()
    rig.home()
    rig.start()
    before = rig.positions()
    rig.follow(straight(8, 0.008))
    rig.run(400)
    assert (rig.positions() - before)[0] == pytest.approx([0.064, 0.0, 0.0], abs=1e-3)
    assert rig.new_complaints() == []


def test_a_halt_that_is_too_hard_is_rejected_and_recovered_from():
    """The robot is strict: a halt with all of its limits breaks those of its joints; one recover clears it."""
    hard = Dynamics(velocity=0.5, acceleration=0.15, jerk=0.3, stop=1.0)
    with rig_at(OTHER, dynamics=hard) as rig:
        rig.send(rig.chunk(straight(14, 0.6 * CRUISE, 0.6 * CRUISE, -0.5 * CRUISE)))
        rig.run(600)
        rig.bridge.stop("a test")
        rig.run(500)
        assert "discontinuity" in rig.new_complaints()[0]
        assert "discontinuity" in rig.recover()
        rig.home()
        rig.start()
        rig.follow(straight(8, 0.008))
        assert rig.reports[-1].status is Status.FINISHED


def test_two_arms_stop():
    """Each within 250 ticks of the call by its own clock; how far apart is for a test that holds the clocks."""
    with rig_at(LEFT, RIGHT, names=("left", "right"), ticks=True) as duo:
        duo.send(duo.chunk(straight(14, CRUISE)))
        assert duo.run(900, until=lambda: min(duo.speed(name) for name in duo.bridge.arms) > 0.98 * CRUISE * 15)
        called = {name: duo.tick_of(name) for name in duo.bridge.arms}
        duo.bridge.stop("a test")
        duo.run(600)
        ends = [duo.ticks_to_rest(name, tick) for name, tick in called.items()]
        assert max(ends) <= STOP_TICKS
        assert duo.new_complaints() == []

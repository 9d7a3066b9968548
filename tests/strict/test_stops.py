"""Stop, recover and home at a robot that takes nothing for granted."""

import numpy as np
import pytest

from franka_bridge.config import Dynamics, Limits
from franka_bridge.state_machine import Mode
from strict.conftest import HOSTS
from strict.rig import CRUISE, Rig, rig_at
from strict.streams import straight

pytestmark = pytest.mark.robot
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


def test_the_robot_is_strict_and_a_rejection_is_recovered_from():
    """With a Panda's limits, which franky's wheel ships, it rejects a row at the cap; told by name; recover clears it."""
    panda = Limits(translation=(1.7, 13.0, 6500.0), rotation=(2.5, 25.0, 12500.0), joint_acceleration=(15.0,) * 7)
    whole = Dynamics(velocity=1.0, acceleration=1.0, jerk=1.0)
    with rig_at(HOSTS[0], limits=panda, dynamics=whole) as rig:
        rig.send(rig.chunk(straight(8, CRUISE)))
        assert rig.run(2000, until=lambda: rig.mode is Mode.STOPPED)
        assert "discontinuity" in rig.bridge.reason
        assert "discontinuity" in rig.new_complaints()[0]
        assert "discontinuity" in rig.recover()
        rig.home()
        rig.start()
        assert rig.mode is Mode.HOLDING


def test_two_arms_stop_together():
    """Both within 250 ticks of the call, each by its own clock, and within 5 ticks of each other."""
    with rig_at(*HOSTS, names=("left", "right"), ticks=True) as duo:
        duo.send(duo.chunk(straight(14, CRUISE)))
        assert duo.run(900, until=lambda: min(duo.speed(name) for name in duo.bridge.arms) > 0.98 * CRUISE * 15)
        called = {name: duo.tick_of(name) for name in duo.bridge.arms}
        duo.bridge.stop("a test")
        duo.run(600)
        ends = [duo.ticks_to_rest(name, tick) for name, tick in called.items()]
        assert max(ends) <= STOP_TICKS
        assert np.ptp(ends) <= 5
        assert duo.new_complaints() == []

"""Somebody or something pushes an arm, more softly than its own reflex would notice; what the arm does then."""

import numpy as np
import pytest

from franka_bridge.reports import Status
from franka_bridge.state_machine import Mode
from support.bridge_rig import Rig

pytestmark = pytest.mark.robot
PUSH = np.array([0.0, -24.0, 0.0, 0.0, 0.0, 0.0])
AT_REST_TICKS = 250 + 30
"""The stop's own bound, and three control cycles to notice."""


def test_push_in_motion(rig: Rig):
    """At rest within 280 ticks from 250 mm/s; holding, the force told; no chunk moves it until the push is over."""
    rig.cruise()
    at = rig.tick
    rig.first.robot.wrench = PUSH
    rig.run(400)
    assert rig.mode is Mode.HOLDING
    assert rig.ticks_to_rest("arm", at) <= AT_REST_TICKS
    assert rig.reports[-1].status is Status.DISCARDED
    assert rig.reports[-1].reason == "wrench: arm feels 24.0 N more than at start; the limit is 20 N"
    here = rig.positions()
    rig.send(rig.chunk())
    rig.run(100)
    assert rig.reports[-1].status is Status.DISCARDED
    assert np.allclose(rig.positions(), here, atol=1e-6)
    rig.first.robot.wrench = np.zeros(6)
    assert rig.works_again()
    assert rig.bridge.diagnostics()["gate.wrench"] == "2"


def test_one_of_two_arms_is_pushed(duo: Rig):
    """Both are at rest within 280 ticks; the reason names the arm."""
    duo.cruise()
    at = duo.tick
    duo.robots["right"].robot.wrench = PUSH
    duo.run(400)
    assert max(duo.ticks_to_rest(name, at) for name in duo.robots) <= AT_REST_TICKS
    assert duo.reports[-1].reason.startswith("wrench: right feels 24.0 N")


def test_what_an_arm_feels_at_start_is_its_resting_value(rig: Rig):
    """A tool that Desk does not know weighs 24 N: no hindrance once start was called with it."""
    rig.first.robot.wrench = PUSH
    rig.run(50)
    assert rig.works_again()
    assert rig.bridge.diagnostics()["gate.wrench"] == "0"

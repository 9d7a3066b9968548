"""Whatever an arm's driver raises on the control cycle becomes a stop, and recover leads out; without a robot."""

from collections.abc import Callable

import pytest

from franka_bridge.arm import Arm
from franka_bridge.bridge import Bridge
from franka_bridge.errors import DriverError, DriverLostError, PlannerError, RefusedError
from franka_bridge.reports import Status
from franka_bridge.safety import SafetyConfig
from franka_bridge.state_machine import Mode
from franka_bridge.watchdog import Watchdog
from molmoact_common.errors import ConfigError
from support.two_arms import CONFIG, Driven, Fragile


@pytest.fixture
def driven():
    made = Driven()
    yield made
    made.left.broken.clear()
    made.bridge.close()


@pytest.mark.parametrize("kind", [DriverError, PlannerError, DriverLostError])
@pytest.mark.parametrize("call", ["state", "move_to"])
def test_an_error_of_one_arm_stops_both_and_recover_leads_out(driven: Driven, call: str, kind: type[DriverError]):
    driven.send()
    driven.tick(5)
    assert driven.bridge.mode is Mode.RUNNING
    driven.right.broken[call] = kind("it broke")
    driven.tick(3)
    assert driven.bridge.mode is (Mode.DISCONNECTED if kind is DriverLostError else Mode.STOPPED)
    assert "right: it broke" in driven.bridge.reason
    assert driven.left.stops
    assert driven.right.stops
    assert [report.status for report in driven.bridge.take_reports()] == [Status.ACCEPTED, Status.DISCARDED]
    assert "following chunks again" in driven.bridge.recover(driven.now)
    driven.send(sequence=1)
    driven.tick(90)
    assert driven.bridge.take_reports()[-1].status is Status.FINISHED


def test_an_arm_that_also_cannot_be_stopped_is_told_and_the_other_stops(driven: Driven):
    driven.send()
    driven.tick(2)
    driven.left.broken = {"state": DriverError("it broke"), "stop": DriverLostError("no way to stop it")}
    driven.tick()
    assert driven.bridge.mode is Mode.STOPPED
    assert driven.bridge.reason == "left: it broke; left: no way to stop it"
    assert driven.right.stops == 1


def test_a_late_cycle_that_cannot_halt_an_arm_is_a_stop(driven: Driven):
    driven.send()
    driven.tick(2)
    driven.left.broken["halt"] = DriverError("no way to halt it")
    driven.left.ms += 500
    driven.tick()
    assert driven.bridge.mode is Mode.STOPPED
    assert "no way to halt it" in driven.bridge.reason
    assert driven.bridge.diagnostics()["watchdog_trips"] == "1"


def test_a_fault_that_the_robot_reports_is_a_stop_in_every_mode(driven: Driven):
    driven.left.fault = "reflex: cartesian_reflex"
    driven.tick()
    assert driven.bridge.mode is Mode.STOPPED
    assert driven.bridge.reason == "left: reflex: cartesian_reflex"
    driven.tick(5)
    assert driven.left.stops == 1


def test_arms_that_are_stopped_are_still_read_where_one_cannot_be(driven: Driven):
    driven.bridge.stop("a test")
    driven.left.broken["state"] = DriverError("it broke")
    before = driven.right.ms
    driven.tick(5)
    assert driven.bridge.mode is Mode.STOPPED
    assert driven.right.ms == before + 50


@pytest.mark.parametrize("call", ["home", "recover"])
def test_a_long_action_that_fails_is_a_stop_with_its_line(driven: Driven, call: str):
    driven.left.broken[call] = DriverError("it broke")
    if call == "recover":
        driven.bridge.stop("a test")
    action: Callable[[int], str] = getattr(driven.bridge, call)
    with pytest.raises(DriverError, match="it broke"):
        action(driven.now)
    assert driven.bridge.mode is Mode.STOPPED
    assert driven.bridge.reason == ("left: it broke" if call == "home" else "it broke")


def test_an_arm_that_does_not_describe_itself_as_an_fr3_is_not_connected():
    driver = Fragile()
    driver.urdf = "<robot name='other'/>"
    bridge = Bridge({"arm": Arm(CONFIG, driver, None, Watchdog(0.1))}, SafetyConfig())
    with pytest.raises(ConfigError, match="describes 0 joints, not 7"):
        bridge.connect()


def test_no_motion_without_a_watchdog(driven: Driven):
    driven.send()
    driven.tick(2)
    thread = driven.bridge._watchdog_thread
    thread._failures.append("ZeroDivisionError: a mistake of ours")
    driven.tick()
    assert driven.bridge.mode is Mode.STOPPED
    assert driven.bridge.reason == "watchdog: ZeroDivisionError: a mistake of ours"


def test_planner_failures_are_shown_arm_by_arm(driven: Driven):
    values = driven.bridge.diagnostics()
    assert (values["planner_failures.left"], values["planner_failures.right"]) == ("3", "3")


def test_stopped_stays_stopped_until_recover(driven: Driven):
    driven.right.broken["state"] = DriverError("it broke")
    driven.tick()
    driven.right.broken.clear()
    driven.tick(10)
    with pytest.raises(RefusedError, match="call recover first"):
        driven.bridge.start(driven.now)

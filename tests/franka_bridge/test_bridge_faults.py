"""Whatever an arm's driver raises on the control cycle becomes a stop, and recover leads out; without a robot."""

from collections.abc import Callable

import numpy as np
import pytest
from franky_sim.urdf import FR3_URDF

from franka_bridge.arm import Arm
from franka_bridge.bridge import Bridge
from franka_bridge.config import ArmConfig, SafetyConfig
from franka_bridge.drivers.base import Ahead, DriverState
from franka_bridge.errors import DriverError, DriverLostError, PlannerError, RefusedError
from franka_bridge.follower import Status
from franka_bridge.state_machine import Mode
from franka_bridge.watchdog import Watchdog
from molmoact_common.chunks import Chunk
from molmoact_common.errors import ConfigError
from molmoact_common.poses import DeltaFrame, Pose, RotationConvention

TICK = 10_000_000
CONFIG = ArmConfig(host="127.0.63.60", gripper=None)
START = Pose(np.array([0.4, 0.0, 0.4]), np.array([1.0, 0.0, 0.0, 0.0]))


class Fragile:
    """Stands for a driver: is at once where it is sent, and raises what it is told to where it is told to."""

    moves = True
    urdf = FR3_URDF

    def __init__(self) -> None:
        self.broken: dict[str, Exception] = {}
        self.fault = ""
        self.pose = START
        self.ms = 0
        self.stops = 0

    def _do(self, call: str) -> None:
        if call in self.broken:
            raise self.broken[call]

    def connect(self) -> None:
        self._do("connect")

    def state(self) -> DriverState:
        self._do("state")
        self.ms += 10
        return DriverState(self.ms, np.array(CONFIG.home), np.zeros(7), self.pose, np.zeros(6), self.fault, 3)

    def moving_ms(self) -> int | None:
        return None

    def move_to(self, target: Pose, *, ahead: Ahead | None = None, last: bool = False) -> None:
        self._do("move_to")
        self.pose = target

    def halt(self) -> None:
        self._do("halt")

    def stop(self) -> None:
        self.stops += 1
        self._do("stop")

    def recover(self) -> str:
        self._do("recover")
        self.broken.clear()
        self.fault = ""
        return "fine again"

    def home(self) -> None:
        self._do("home")

    def close(self) -> None:
        self._do("close")


class Driven:
    """A started bridge of two such arms, ticked by hand."""

    def __init__(self) -> None:
        self.left, self.right = Fragile(), Fragile()
        drivers = {"left": self.left, "right": self.right}
        arms = {name: Arm(CONFIG, driver, None, Watchdog(0.1)) for name, driver in drivers.items()}
        self.bridge = Bridge(arms, SafetyConfig())
        self.now = 0
        self.bridge.connect()
        self.tick()
        self.bridge.start(self.now)

    def tick(self, times: int = 1) -> None:
        for _ in range(times):
            self.now += TICK
            self.bridge.tick(self.now)

    def send(self, sequence: int = 1) -> None:
        self.bridge.on_chunk(
            Chunk(
                sequence=sequence,
                observation_ns=self.now,
                command_step=self.bridge.snapshot()["left"].command_step,
                arms=("left", "right"),
                deltas=np.tile([0.004, 0, 0, 0, 0, 0, 1.0], (8, 2)),
                step_period=0.1,
                frame=DeltaFrame.BASE,
                rotation=RotationConvention.ROTATION_VECTOR,
            ),
            self.now,
        )


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

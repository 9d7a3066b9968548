"""The whole bridge but for ROS, through real libfranka, at franky-sim's stock server."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from franka_bridge.arm import make_arms
from franka_bridge.bridge import Bridge
from franka_bridge.config import Deadlines, RobotConfig
from franka_bridge.errors import RefusedError
from franka_bridge.reports import Status
from franka_bridge.safety import SafetyConfig
from franka_bridge.state_machine import Mode
from molmoact_common.chunks import Chunk
from molmoact_common.errors import UserError
from molmoact_common.poses import DeltaFrame, Pose, RotationConvention
from molmoact_common.yaml_config import load_settings

pytestmark = pytest.mark.robot
CONFIG = Path(__file__).parents[2] / "config"
SAFETY = load_settings(CONFIG / "safety" / "default.yaml", SafetyConfig)
PERIOD = 1 / 15


class Driven:
    """A bridge and the robots' own clocks: it is ticked as soon as one of them is 10 ms on."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge

        self.names = tuple(bridge.arms)
        self.first = bridge.arms[self.names[0]]

    @property
    def ms(self) -> int:
        return self.first.driver.state().robot_time_ms

    def clocks(self) -> np.ndarray:
        return np.array([arm.driver.state().robot_time_ms for arm in self.bridge.arms.values()])

    @property
    def now_ns(self) -> int:
        return self.ms * 1_000_000

    @property
    def x(self) -> float:
        return float(self.first.driver.state().measured.position[0])

    def run(self, milliseconds: int, until: Callable[[], bool] = lambda: False) -> None:
        end, before = self.ms + milliseconds, np.zeros(len(self.names))
        while (clocks := self.clocks())[0] < end and not until():
            if (clocks - before).max() >= 10:
                before = clocks
                self.bridge.tick(int(clocks[0]) * 1_000_000)

    def send(self, sequence: int = 1, rows: int = 8, dx: float = 0.008, opening: float = 1.0) -> None:
        chunk = Chunk(
            sequence=sequence,
            observation_ns=self.now_ns,
            command_step=self.bridge.snapshot()[self.names[0]].command_step,
            arms=self.names,
            deltas=np.tile([dx, 0, 0, 0, 0, 0, opening], (rows, len(self.names))),
            step_period=PERIOD,
            frame=DeltaFrame.BASE,
            rotation=RotationConvention.ROTATION_VECTOR,
        )
        self.bridge.on_chunk(chunk, self.now_ns)


@contextmanager
def bridge_at(dry_run: bool = False, **hosts: str) -> Iterator[Driven]:
    """A connected bridge of the arms named, each at its host."""
    config = load_settings(CONFIG / "robots" / "fr3_cell.yaml", RobotConfig).arms["arm"]
    robot = RobotConfig(arms={name: config.model_copy(update={"host": host}) for name, host in hosts.items()})
    bridge = Bridge(make_arms(robot, SAFETY, dry_run=dry_run), SAFETY)
    try:
        bridge.connect()
        yield Driven(bridge)
    finally:
        bridge.close()


def speeds(path: list[list[float]]) -> np.ndarray:
    """m/s of the commanded TCP at each tick of the robot; over 5 ms, since positions come as 32-bit numbers."""
    positions = np.array(path)
    return np.linalg.norm(positions[5:] - positions[:-5], axis=1) / 0.005


def test_eight_deltas_of_8_mm_end_64_mm_away_commanded_and_measured(sim_robot: Callable[..., Any]):
    with bridge_at(arm=sim_robot().host) as driven:
        driven.bridge.start(driven.now_ns)
        start = driven.bridge.snapshot()["arm"].commanded.pose.position[0]
        driven.send()
        driven.run(3000, until=lambda: driven.bridge.mode is Mode.HOLDING)
        commanded = driven.bridge.snapshot()["arm"].commanded.pose.position[0]
        driven.run(1500)
        assert commanded - start == pytest.approx(0.064, abs=2e-4)
        assert driven.x - start == pytest.approx(0.064, abs=1e-3)
        reports = driven.bridge.take_reports()
        assert [report.status for report in reports] == [Status.ACCEPTED, Status.FINISHED]
        assert reports[-1].clipped == ()


def test_one_motion_serves_a_chunk_and_no_tick_is_faster_than_the_cap(sim_robot: Callable[..., Any]):
    robot = sim_robot()
    with bridge_at(arm=robot.host) as driven:
        driven.bridge.start(driven.now_ns)
        driven.send(dx=0.016)
        driven.run(3000, until=lambda: driven.bridge.mode is Mode.HOLDING)
        driven.run(500)
    report = robot.report()
    assert report["motions"] == 1
    assert speeds(report["path"]).max() <= SAFETY.speed_cap * 1.01


def test_stop_brings_the_arm_to_rest_within_250_ticks_and_latches(sim_robot: Callable[..., Any]):
    robot = sim_robot()
    with bridge_at(arm=robot.host) as driven:
        driven.bridge.start(driven.now_ns)
        driven.send(dx=0.016, rows=16)
        driven.run(600)
        before = robot.report()["ticks"]
        driven.bridge.stop("a test")
        driven.bridge.stop("and again, as a person does")
        assert driven.bridge.mode is Mode.STOPPED
        driven.run(400)
        path = robot.report()["path"]
        assert speeds(path)[before - 50 : before].min() > 0.15
        assert speeds(path)[before + 250 :].max() < 1e-3
        assert np.diff([x for x, _, _ in path[before:]]).min() > -1e-5  # to rest, not back to where stop was called
        driven.send(sequence=2)
        driven.run(300)
        assert robot.report()["motions"] == 1
        with pytest.raises(RefusedError, match="call recover first"):
            driven.bridge.start(driven.now_ns)
        assert [r.status for r in driven.bridge.take_reports()] == [Status.ACCEPTED, Status.DISCARDED, Status.REFUSED]
        driven.bridge.recover(driven.now_ns)
        driven.bridge.home(driven.now_ns)
        assert driven.bridge.start(driven.now_ns) == "following chunks"


def test_stop_called_on_the_way_home_ends_it_from_another_thread(sim_robot: Callable[..., Any]):
    with bridge_at(arm=sim_robot(initial_q=(0.5, -0.5, 0.0, -2.0, 0.0, 1.5708, 0.7854)).host) as driven:
        with pytest.raises(RefusedError, match="call home first"):
            driven.bridge.start(driven.now_ns)
        failures: list[Exception] = []

        def go_home() -> None:
            try:
                driven.bridge.home(0)
            except Exception as error:  # noqa: BLE001  carried to the assertion below
                failures.append(error)

        homing = threading.Thread(target=go_home)
        homing.start()
        driven.run(400)
        driven.bridge.stop("a test")
        homing.join(5)
        assert not homing.is_alive()
        assert "stopped on the way home" in str(failures[0])
        assert driven.bridge.mode is Mode.STOPPED
        driven.bridge.recover(driven.now_ns)
        driven.bridge.home(driven.now_ns)
        assert driven.bridge.mode is Mode.IDLE
        driven.bridge.start(driven.now_ns)


def test_without_control_cycles_the_watchdog_brings_the_arm_to_rest(sim_robot: Callable[..., Any]):
    robot = sim_robot()
    with bridge_at(arm=robot.host) as driven:
        driven.bridge.start(driven.now_ns)
        driven.send(rows=8, dx=0.016)
        driven.run(500)
        # A target far away, as no chunk can bring one: the arm would go on for half a second if nothing halted it.
        driven.bridge.arms["arm"].driver.move_to(shifted(driven, 0.15))
        silent_since = robot.report()["ticks"]
        while robot.report()["ticks"] < silent_since + 500:
            pass
        speed = speeds(robot.report()["path"])[silent_since:]
        assert speed[:50].min() > 0.15
        assert speed[450:].max() < 1e-3  # 100 and 250, and what a busy machine keeps the watchdog's thread waiting
        driven.run(50)
        assert driven.bridge.mode is Mode.HOLDING
        assert driven.bridge.diagnostics()["watchdog_trips"] == "1"
        assert driven.bridge.take_reports()[-1].reason.startswith("watchdog")


def shifted(driven: Driven, dx: float) -> Any:
    pose = driven.bridge.arms["arm"].driver.state().measured
    return replace(pose, position=pose.position + np.array([dx, 0.0, 0.0]))


def test_a_dry_run_goes_the_whole_way_and_sends_no_motion(sim_robot: Callable[..., Any]):
    robot = sim_robot()
    with bridge_at(dry_run=True, arm=robot.host) as driven:
        width = robot.report()["hand_width"]
        assert "dry run" in driven.bridge.home(driven.now_ns)
        assert "dry run" in driven.bridge.start(driven.now_ns)
        driven.send(opening=0.0)
        driven.run(2000, until=lambda: driven.bridge.mode is Mode.HOLDING)
        snapshot = driven.bridge.snapshot()["arm"]
        assert snapshot.dry_run
        assert snapshot.command_step == 8
        assert snapshot.commanded.pose.position[0] - snapshot.state.measured.position[0] == pytest.approx(
            0.064, abs=1e-3
        )
        report = robot.report()
        assert report["motions"] == 0
        assert report["hand_width"] == pytest.approx(width, abs=1e-4)


def test_a_robot_that_is_gone_is_reported_and_recover_connects_again(sim_robot: Callable[..., Any]):
    robot = sim_robot()
    with bridge_at(arm=robot.host) as driven:
        driven.bridge.start(driven.now_ns)
        robot.kill()
        while driven.bridge.mode is not Mode.DISCONNECTED:  # libfranka notices within a second; the test has a timeout
            driven.bridge.tick(1)
        assert "call recover" in driven.bridge.reason
        sim_robot(robot.host)
        assert driven.bridge.recover(0).endswith("following chunks again")
        driven.bridge.tick(2)
        assert driven.bridge.mode is Mode.HOLDING
        driven.send()
        driven.run(2000, until=lambda: driven.bridge.mode is Mode.HOLDING)
        assert driven.bridge.take_reports()[-1].status is Status.FINISHED


def test_two_arms_make_one_chunk_and_losing_one_stops_the_other(sim_robot: Callable[..., Any]):
    left, right = sim_robot(), sim_robot(host="127.0.63.5")
    with bridge_at(left=left.host, right=right.host) as driven:
        driven.bridge.start(driven.now_ns)
        before = {name: arm.commanded.pose.position[0] for name, arm in driven.bridge.snapshot().items()}
        driven.send()
        driven.run(3000, until=lambda: driven.bridge.mode is Mode.HOLDING)
        for name, arm in driven.bridge.snapshot().items():
            assert arm.commanded.pose.position[0] - before[name] == pytest.approx(0.064, abs=2e-4)
        driven.send(sequence=2, rows=16)
        driven.run(300)
        right.kill()
        while driven.bridge.mode is not Mode.DISCONNECTED:  # within the second that libfranka waits for a packet
            driven.bridge.tick(driven.now_ns)
        assert "right" in driven.bridge.reason
        end = left.report()["ticks"] + 300
        while left.report()["ticks"] < end:
            pass
        assert speeds(left.report()["path"])[-20:].max() < 1e-3


def nowhere(driven: Driven) -> Pose:
    """A target for which franky's planner finds no motion (-100)."""
    return Pose(np.full(3, np.nan), driven.bridge.arms["arm"].driver.state().measured.quaternion)


def test_a_planner_failure_on_the_way_is_got_over_from_rest_and_counted(sim_robot: Callable[..., Any]):
    robot = sim_robot()
    with bridge_at(arm=robot.host) as driven:
        driven.bridge.start(driven.now_ns)
        start = driven.bridge.snapshot()["arm"].commanded.pose.position[0]
        driven.send(rows=8)
        driven.run(300)
        driver = driven.bridge.arms["arm"].driver
        driver.move_to(nowhere(driven))
        while driver.state().planner_failures == 0:  # the next cycle brings a target that can be planned again
            pass
        driven.run(4000, until=lambda: driven.bridge.mode is not Mode.RUNNING)
        assert driven.bridge.mode is Mode.HOLDING
        driven.run(1500)
        assert driven.x - start == pytest.approx(0.064, abs=1e-3)
        assert driven.bridge.take_reports()[-1].status is Status.FINISHED
        assert driven.bridge.diagnostics()["planner_failures.arm"] == "1"
        assert robot.report()["motions"] == 2


def test_two_planner_failures_in_a_row_are_a_stop_from_which_recover_leads_out(sim_robot: Callable[..., Any]):
    with bridge_at(arm=sim_robot().host) as driven:
        driven.bridge.start(driven.now_ns)
        driven.bridge.arms["arm"].driver.move_to(nowhere(driven))
        driven.run(2000, until=lambda: driven.bridge.mode is Mode.STOPPED)
        assert "the planner failed twice in a row" in driven.bridge.reason
        assert driven.bridge.diagnostics()["planner_failures.arm"] == "2"
        driven.bridge.recover(driven.now_ns)
        driven.bridge.home(driven.now_ns)
        driven.bridge.start(driven.now_ns)
        driven.send()
        driven.run(3000, until=lambda: driven.bridge.mode is Mode.HOLDING)
        assert driven.bridge.take_reports()[-1].status is Status.FINISHED


def test_a_stop_between_failure_and_second_try_is_the_end_of_it(sim_robot: Callable[..., Any]):
    robot = sim_robot()
    with bridge_at(arm=robot.host) as driven:
        driven.bridge.start(driven.now_ns)
        driven.bridge.arms["arm"].driver.move_to(nowhere(driven))
        driven.run(2000, until=lambda: driven.bridge.diagnostics()["planner_failures.arm"] == "1")
        driven.bridge.stop("a test")
        driven.run(300)
        assert robot.report()["motions"] == 1
        assert driven.bridge.reason == "a test"


def test_a_reflex_of_the_robot_is_a_stop_and_never_tried_again(sim_robot: Callable[..., Any]):
    robot = sim_robot()
    with bridge_at(arm=robot.host) as driven:
        driven.bridge.start(driven.now_ns)
        driven.send(rows=16)
        driven.run(300)
        robot.reflex()
        driven.run(500)
        assert driven.bridge.mode is Mode.STOPPED
        assert "reflex" in driven.bridge.reason
        assert driven.bridge.diagnostics()["planner_failures.arm"] == "0"
        assert robot.report()["motions"] == 1


def test_home_takes_the_robots_time_and_not_the_walls(sim_robot: Callable[..., Any]):
    config = Deadlines(home=0.2)
    away = sim_robot(initial_q=(0.5, -0.5, 0.0, -2.0, 0.0, 1.5708, 0.7854))
    with bridge_at(arm=away.host) as driven:
        driver = driven.bridge.arms["arm"].driver
        driver._config = driver._config.model_copy(update={"deadlines": config})
        before = driven.ms
        with pytest.raises(UserError, match=r"not home: not done after 0\.2 s of the robot's time"):
            driven.bridge.home(driven.now_ns)
        assert driven.ms - before >= 200
        assert driven.bridge.mode is Mode.STOPPED

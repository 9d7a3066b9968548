"""The gripper's worker: latest wins, nobody waits, and it ends."""

import math
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from franka_bridge.config import GripperConfig, RobotConfig
from franka_bridge.drivers.franky_gripper import FrankyGripper
from franka_bridge.errors import DriverError
from franka_bridge.gripper import GripperWorker
from molmoact_common.errors import UnreachableError
from molmoact_common.yaml_config import load_settings

CONFIG = Path(__file__).parents[2] / "config"


class SlowHand:
    """Stands for the hand: notes each command, and its fingers take until the test lets them arrive."""

    def __init__(self) -> None:
        self.commands: list[tuple[str, float]] = []
        self.started = threading.Semaphore(0)
        self.arrive = threading.Semaphore(0)
        self.error = ""

    def connect(self) -> None:
        self.error = ""

    def width(self) -> float:
        if self.error:
            raise DriverError(self.error)
        return 0.08

    def move(self, width: float) -> None:
        self._note("move", width)

    def grasp(self, width: float) -> None:
        self._note("grasp", width)

    def _note(self, name: str, width: float) -> None:
        self.commands.append((name, round(width, 4)))
        self.started.release()
        assert self.arrive.acquire(timeout=10)


@pytest.fixture
def hand() -> SlowHand:
    return SlowHand()


@pytest.fixture
def worker(hand: SlowHand) -> Iterator[GripperWorker]:
    made = GripperWorker(hand, GripperConfig(close_deadline=2.0))
    made.start()
    yield made
    hand.arrive.release(100)
    made.close()


def test_the_latest_target_wins_and_those_between_are_never_sent(hand: SlowHand, worker: GripperWorker):
    worker.set_opening(0.0)
    assert hand.started.acquire(timeout=10)
    for opening in (0.3, 0.6, 0.9):
        worker.set_opening(opening)
    hand.arrive.release()
    assert hand.started.acquire(timeout=10)
    assert hand.commands == [("grasp", 0.0), ("move", 0.072)]


def test_small_changes_send_nothing(hand: SlowHand, worker: GripperWorker):
    hand.arrive.release(100)
    for opening in (0.95, 0.92, 1.0):
        worker.set_opening(opening)
    worker.set_opening(0.0)
    assert hand.started.acquire(timeout=10)
    assert hand.commands == [("grasp", 0.0)]


def test_a_forgotten_target_is_not_sent(hand: SlowHand, worker: GripperWorker):
    worker.set_opening(0.0)
    assert hand.started.acquire(timeout=10)
    worker.set_opening(1.0)
    worker.forget()
    hand.arrive.release(100)
    worker.set_opening(0.5)
    assert hand.started.acquire(timeout=10)
    assert hand.commands == [("grasp", 0.0), ("move", 0.04)]


def test_a_dry_run_reads_and_sends_nothing(hand: SlowHand):
    worker = GripperWorker(hand, GripperConfig(), moves=False)
    worker.start()
    worker.set_opening(0.0)
    worker.close()
    assert worker.opening == 1.0
    assert hand.commands == []


def test_a_hand_that_fails_is_told_and_recovers(hand: SlowHand):
    hand.error = "fingers lost"
    worker = GripperWorker(hand, GripperConfig())
    hand.connect = lambda: None  # type: ignore[method-assign]  stays broken over the first connect
    worker.start()
    assert worker.fault == "fingers lost"
    assert math.isnan(worker.opening)
    hand.error = ""
    worker.recover()
    assert worker.fault == ""
    worker.close()


def test_no_gripper_at_the_address_is_told_in_one_line():
    robot = load_settings(CONFIG / "robots" / "fr3_cell.yaml", RobotConfig).arms["arm"]
    device = FrankyGripper(robot.model_copy(update={"host": "127.0.63.60"}), GripperConfig())
    with pytest.raises(UnreachableError, match=r"gripper at 127\.0\.63\.60:1338 is unreachable"):
        device.connect()


@pytest.mark.robot
def test_a_real_gripper_closes_and_opens(sim_robot: Callable[..., Any]):
    robot = sim_robot(host="127.0.63.3")
    config = load_settings(CONFIG / "robots" / "fr3_cell.yaml", RobotConfig).arms["arm"]
    worker = GripperWorker(
        FrankyGripper(config.model_copy(update={"host": robot.host}), GripperConfig()), GripperConfig()
    )
    worker.start()
    try:
        assert worker.opening == pytest.approx(0.5, abs=0.05)
        worker.set_opening(1.0)
        while robot.report()["hand_width"] < 0.076:  # the test has a timeout
            pass
        worker.set_opening(0.0)
        while worker.opening > 0.05:
            pass
        assert robot.report()["hand_width"] < 0.004
        assert worker.fault == ""
    finally:
        worker.close()

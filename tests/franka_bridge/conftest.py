"""Simulated robots for the tests of the bridge."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

HOME = (0.0, -0.7854, 0.0, -2.3562, 0.0, 1.5708, 0.7854)
SERVER = Path(__file__).with_name("stock_server.py")


class SimRobot:
    """The stock server in a process of its own, on one loopback address."""

    def __init__(self, host: str, initial_q: tuple[float, ...] = HOME) -> None:
        self.host = host
        command = [sys.executable, str(SERVER), host, *(str(value) for value in initial_q)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> "SimRobot":
        assert self._line() == "ready\n"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()

    def kill(self) -> None:
        """As if the robot had lost power."""
        self._process.kill()
        self._process.wait(10)

    def report(self) -> dict[str, Any]:
        """Motions started, ticks, joints (rad), hand width (m) and the commanded path (m, one row a tick)."""
        return self._ask("report")

    def reflex(self) -> None:
        """End the motion under way with an error of the robot."""
        self._ask("reflex")

    def _ask(self, order: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{order}\n")
        self._process.stdin.flush()
        return dict(json.loads(self._line()))

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@pytest.fixture
def sim_robot(request: pytest.FixtureRequest) -> Iterator[Callable[..., SimRobot]]:
    """Start robots by `sim_robot(host="127.0.63.1", initial_q=...)`; they end with the test."""
    robots: list[SimRobot] = []

    def start(host: str = "127.0.63.1", initial_q: tuple[float, ...] = HOME) -> SimRobot:
        robots.append(SimRobot(host, initial_q))
        return robots[-1].__enter__()

    yield start
    for robot in robots:
        robot.kill()

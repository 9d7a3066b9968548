"""Deadlines: for calls that have none (libfranka waits for ever over TCP), and by the robot's own clock."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from franka_bridge.errors import NoAnswerError

Result = TypeVar("Result")


def call_with_deadline(function: Callable[[], Result], seconds: float, what: str) -> Result:
    """`function()` in a thread of its own, for `seconds` of wall time at most.

    A call that misses its deadline is left behind in a daemon thread: nothing can end it from outside.

    Args:
        function: the call; its exceptions come out here.
        seconds: deadline.
        what: what was being done, for the message.

    Raises:
        NoAnswerError: no answer in time.
    """
    answer: Future[Result] = Future()

    def work() -> None:
        try:
            answer.set_result(function())
        except BaseException as error:  # noqa: BLE001  carried over to the caller, whatever it is
            answer.set_exception(error)

    threading.Thread(target=work, name=f"deadline: {what}", daemon=True).start()
    try:
        return answer.result(timeout=seconds)
    except TimeoutError:
        raise NoAnswerError(f"{what}: no answer within {seconds:g} s; check the robot and call recover") from None


class RobotDeadline:
    """Time that is up by the robot's own clock, so that a simulated robot that is slow gets as far as any other.

    Wall time only bounds how long that clock may stand still.
    """

    def __init__(self, seconds: float, stall: float) -> None:
        """`seconds` of the robot's time; `stall` seconds of wall time without progress of it."""
        self._limit_ms = seconds * 1000.0
        self._stall = stall
        self._start_ms: int | None = None
        self._seen_ms = 0
        self._seen_wall = 0.0

    def missed(self, robot_ms: int, wall: float) -> str:
        """Why time is up, or nothing; the first call starts it.

        Args:
            robot_ms: the robot's counter.
            wall: seconds of any clock that only rises.
        """
        if self._start_ms is None:
            self._start_ms = robot_ms
            self._seen_wall = wall
        if robot_ms != self._seen_ms:
            self._seen_ms, self._seen_wall = robot_ms, wall
        if robot_ms - self._start_ms > self._limit_ms:
            return f"not done after {self._limit_ms / 1000:g} s of the robot's time"
        if wall - self._seen_wall > self._stall:
            return f"the robot's clock stood still for {self._stall:g} s"
        return ""

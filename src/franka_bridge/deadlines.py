"""Deadlines for calls that have none: libfranka waits for ever for an answer over TCP."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from franka_bridge.errors import DriverLostError

Result = TypeVar("Result")


def call_with_deadline(function: Callable[[], Result], seconds: float, what: str) -> Result:
    """`function()` in a thread of its own, for `seconds` of wall time at most.

    A call that misses its deadline is left behind in a daemon thread: nothing can end it from outside.

    Args:
        function: the call; its exceptions come out here.
        seconds: deadline.
        what: what was being done, for the message.

    Raises:
        DriverLostError: no answer in time.
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
        raise DriverLostError(f"{what}: no answer within {seconds:g} s; check the robot and call recover") from None

"""Deadlines for calls that have none: libfranka waits for ever for an answer over TCP."""

import queue
import threading
from collections.abc import Callable
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
    answers: queue.SimpleQueue[tuple[Result | None, BaseException | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put((function(), None))
        except BaseException as error:  # noqa: BLE001  carried over to the caller, whatever it is
            answers.put((None, error))

    threading.Thread(target=work, name=f"deadline: {what}", daemon=True).start()
    try:
        result, error = answers.get(timeout=seconds)
    except queue.Empty:
        raise DriverLostError(f"{what}: no answer within {seconds:g} s; check the robot and call recover") from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  None only where Result allows it

"""Turning an executor until something has come."""

import time
from collections.abc import Callable
from typing import Any


def spin_until(executor: Any, done: Callable[[], Any], act: Callable[[], None] = lambda: None) -> None:
    """Call `act` and turn `executor` over and over until `done` holds; half a minute at most."""
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline, "nothing came in 30 s"
        act()
        executor.spin_once(timeout_sec=0.05)

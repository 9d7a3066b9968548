"""Deadlines for calls that have none."""

import threading

import pytest

from franka_bridge.deadlines import call_with_deadline
from franka_bridge.errors import DriverLostError


def test_gives_the_result():
    assert call_with_deadline(lambda: 7, 5.0, "counting") == 7


def test_passes_on_what_the_call_raises():
    def fail() -> None:
        raise ZeroDivisionError("zero")

    with pytest.raises(ZeroDivisionError, match="zero"):
        call_with_deadline(fail, 5.0, "dividing")


def test_a_call_that_hangs_is_left_behind():
    never = threading.Event()
    with pytest.raises(DriverLostError, match=r"waiting: no answer within 0\.05 s"):
        call_with_deadline(never.wait, 0.05, "waiting")
    never.set()

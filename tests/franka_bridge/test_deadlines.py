"""Deadlines for calls that have none."""

import threading

import pytest

from franka_bridge.deadlines import RobotDeadline, call_with_deadline
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


def test_a_slow_robot_has_its_own_time_and_not_that_of_the_wall():
    deadline = RobotDeadline(60.0, 5.0)
    assert deadline.missed(1_000, 0.0) == ""
    assert deadline.missed(61_000, 600.0) == ""
    assert "60 s of the robot's time" in deadline.missed(61_001, 600.1)


def test_a_clock_that_stands_still_is_not_waited_for():
    deadline = RobotDeadline(60.0, 5.0)
    deadline.missed(1_000, 100.0)
    assert deadline.missed(1_000, 105.0) == ""
    assert deadline.missed(1_001, 105.1) == ""
    assert "stood still for 5 s" in deadline.missed(1_001, 110.2)

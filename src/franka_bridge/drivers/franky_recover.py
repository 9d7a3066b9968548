"""Clearing a robot's errors, and making sure that they are cleared."""

import time
from typing import Any

import franky

from franka_bridge.deadlines import call_with_deadline
from franka_bridge.drivers.franky_errors import active_errors, translated
from franka_bridge.errors import DriverError

POLL_SECONDS = 0.02


def clear_errors(robot: Any, seconds: float) -> str:
    """Recover a connected franky.Robot; says what it did.

    Raises:
        DriverError: the user stop is pressed, or errors stay for longer than `seconds`.
    """
    end = time.monotonic() + seconds
    with translated("recovering"):
        if robot.state.robot_mode == franky.RobotMode.UserStopped:
            raise DriverError("the user stop is pressed; release it and call recover again")
        before = active_errors(robot.state.current_errors)
        call_with_deadline(robot.recover_from_errors, seconds, "recovering from errors")
        # Its answer may be stale by one packet; the flags are what counts.
        while robot.has_errors:
            if time.monotonic() > end:
                left = ", ".join(active_errors(robot.state.current_errors))
                raise DriverError(f"errors stay after {seconds:g} s of recovery: {left}; clear them in Desk")
            time.sleep(POLL_SECONDS)
    return f"errors cleared: {', '.join(before)}" if before else "no errors to clear"

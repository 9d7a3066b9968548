"""The way home: bring what runs to an end, go to the home joints, wait until the arm stands there."""

import time
from collections.abc import Callable
from typing import Any

import franky
import numpy as np

from franka_bridge.config import ArmConfig
from franka_bridge.deadlines import RobotDeadline
from franka_bridge.drivers.franky_motions import joint_motion
from franka_bridge.errors import DriverError

POLL_SECONDS = 0.02
SETTLED_SPEED = 0.01
"""rad/s of every joint that counts as standing still."""


class HomeRun:
    """One way home of a franky.Robot."""

    def __init__(
        self, robot: Any, config: ArmConfig, *, blocked: Callable[[], bool], send: Callable[[Any], None]
    ) -> None:
        """`blocked`: whether a stop was called meanwhile; `send` starts a motion unless one was."""
        self._robot = robot
        self._config = config
        self._blocked = blocked
        self._send = send
        self._deadline = RobotDeadline(config.deadlines.home, config.deadlines.stall)

    def go(self) -> None:
        """Be home and at rest on return.

        Raises:
            DriverError: stopped, too late, or at rest elsewhere.
        """
        self._join()
        share = franky.RelativeDynamicsFactor(self._config.dynamics.home)
        self._send(joint_motion(self._config.home, share))
        self._join()
        self._settle()
        if self._away() > self._config.home_tolerance:
            raise DriverError("the arm came to rest away from home; see what holds it and call recover, then home")

    def _join(self) -> None:
        while not self._robot.join_motion(POLL_SECONDS):
            self._check()
        self._check()

    def _settle(self) -> None:
        """The motion ends before the joints have come to rest."""
        while np.abs(self._robot.state.dq).max() > SETTLED_SPEED:
            self._check()
            time.sleep(POLL_SECONDS)

    def _away(self) -> float:
        return float(np.abs(np.ravel(self._robot.state.q) - np.array(self._config.home)).max())

    def _check(self) -> None:
        if self._blocked():
            raise DriverError("stopped on the way home; call recover, then home")
        why = self._deadline.missed(self._robot.state.time.to_msec(), time.monotonic())
        if why:
            raise DriverError(f"not home: {why}; call recover, then home")

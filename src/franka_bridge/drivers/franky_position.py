"""The driver that streams absolute poses through franky, each one preempting the one before."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import franky
import numpy as np

from franka_bridge.config import ArmConfig
from franka_bridge.deadlines import call_with_deadline
from franka_bridge.drivers.base import DriverState
from franka_bridge.drivers.franky_errors import ROBOT_PORT, probe, translated
from franka_bridge.drivers.franky_halt import halt_motion
from franka_bridge.drivers.franky_home import SETTLED_SPEED, HomeRun
from franka_bridge.drivers.franky_motions import cartesian_motion
from franka_bridge.drivers.franky_recover import clear_errors
from franka_bridge.drivers.franky_setup import open_robot
from franka_bridge.drivers.franky_state import convert
from franka_bridge.drivers.replan import PATIENCE_MS, Replan
from franka_bridge.errors import DriverError, DriverLostError, PlannerError
from molmoact_common.errors import UnreachableError
from molmoact_common.poses import Pose


class FrankyPosition:
    """One arm through franky.Robot; see `Driver`."""

    moves = True

    def __init__(self, config: ArmConfig, speed_cap: float) -> None:
        """`speed_cap` (m/s) bounds the planner too, so that catching up is never faster than the gate allows."""
        self._config = config
        self._speed_cap = speed_cap
        self._robot: Any = None
        self._lost = f"the robot at {config.host} is not connected; call recover"  # why; empty while it is connected
        self._blocked = False
        self._halting = False
        self._order = threading.Lock()  # of targets and stops: after a stop no target may slip through
        self._target: tuple[Pose, bool] | None = None  # under way by `move_to`; none: by other means, or nothing is
        self._fault = ""  # why a motion broke off; until `recover`
        self._replan = Replan()
        self._ms = 0
        dynamics = config.dynamics
        self._chunk_share = franky.RelativeDynamicsFactor(dynamics.velocity, dynamics.acceleration, dynamics.jerk)

    def connect(self) -> None:
        """See `Driver`."""
        host = self._config.host
        self._robot = None
        probe(host, ROBOT_PORT, "the robot")
        try:
            with translated(f"cannot connect to the robot at {host}"):
                deadline = self._config.deadlines.connect
                self._robot = call_with_deadline(
                    lambda: open_robot(self._config, self._speed_cap), deadline, f"connecting to the robot at {host}"
                )
        except DriverError as error:
            raise UnreachableError(str(error)) from error
        self._lost = ""
        self._halting = False
        self._fault = ""
        self._forget_target()

    def state(self) -> DriverState:
        """See `Driver`."""
        robot = self._connected()
        self._look_at_motion(robot)
        with self._asking("reading the robot's state"):
            state = convert(robot, robot.state, self._fault, self._replan.failures)
        self._ms = state.robot_time_ms
        self._try_again(robot, state)
        return state

    def _look_at_motion(self, robot: Any) -> None:
        """Take up what broke off the motion that ended last; franky tells it once."""
        try:
            with self._asking("following"):
                robot.poll_motion()
        except DriverLostError:
            raise
        except PlannerError as error:
            with self._order:
                self._planner_failed(error)
        except DriverError as error:
            self._fault = str(error)

    def _planner_failed(self, error: PlannerError) -> None:
        """Count; a target is tried again, once, and anything else is a fault."""
        if not self._replan.failed(self._ms):
            self._fault = f"the planner failed twice in a row: {error}"
        elif self._target is None:
            self._replan.forget()
            self._fault = "" if self._blocked else str(error)

    def _try_again(self, robot: Any, state: DriverState) -> None:
        """The target once more where the planner failed and the arm stands; never where the robot has an error."""
        with self._order:
            if state.fault:
                self._forget_target()
            stands = not robot.is_in_control and float(np.abs(state.dq).max()) < SETTLED_SPEED
            if self._replan.ready(self._ms, stands=stands):
                self._send(robot)
            elif self._replan.overdue(self._ms):
                self._forget_target()
                self._fault = f"the planner failed, and {PATIENCE_MS} ms later the arm still moves; call recover"

    def moving_ms(self) -> int | None:
        """See `Driver`."""
        robot = self._robot
        if robot is None or not robot.is_in_control:
            return None
        # A motion may have ended since that look; then the state waits for one packet.
        with self._asking("reading the robot's clock"):
            return int(robot.state.time.to_msec())

    def move_to(self, target: Pose, *, last: bool = False) -> None:
        """See `Driver`."""
        robot = self._connected()
        with self._order:
            if self._blocked:
                return
            self._halting = False
            self._target = target, last
            if not self._replan.waiting:
                self._send(robot)

    def _send(self, robot: Any) -> None:
        if self._target is None:
            return
        target, last = self._target
        try:
            with self._asking("sending a target"):
                robot.move(cartesian_motion(target, self._chunk_share, ends=last), asynchronous=True)
        except PlannerError as error:  # of the motion before, which ended since the last look
            self._planner_failed(error)

    def halt(self) -> None:
        """See `Driver`."""
        robot = self._robot
        if robot is None or self._lost:
            return
        with self._order:
            self._forget_target()
            # Once only: a stop motion that replaces one begins anew, and halts called in a row would never end.
            if robot.is_in_control and not self._halting:
                self._halting = True
                self._send_halt(robot)

    def _send_halt(self, robot: Any) -> None:
        try:
            with self._asking("halting"):
                robot.move(halt_motion(robot, self._config), asynchronous=True)
        except PlannerError:  # the motion under way broke off by itself: nothing is left to halt
            self._replan.failures += 1
        except DriverError as error:
            self._fault = str(error)
            raise

    def _forget_target(self) -> None:
        self._target = None
        self._replan.forget()

    def stop(self) -> None:
        """See `Driver`."""
        self._blocked = True
        self.halt()

    def recover(self) -> str:
        """See `Driver`."""
        connected = ""
        if self._robot is None or self._lost:
            self.connect()
            connected = f"connected again to {self._config.host}, "
        done = clear_errors(self._robot, self._config.deadlines.recover)  # a robot that is lost in motion has some
        self._fault = ""
        self._blocked = False
        return connected + done

    def home(self) -> None:
        """See `Driver`."""
        self.halt()
        run = HomeRun(self._connected(), self._config, blocked=lambda: self._blocked, send=self._start)
        try:
            with self._asking("going home"):
                run.go()
        except DriverError as error:
            self._replan.failures += isinstance(error, PlannerError)
            self.halt()
            raise

    def _start(self, motion: Any) -> None:
        with self._order:
            if not self._blocked:
                self._halting = False
                self._connected().move(motion, asynchronous=True)

    def close(self) -> None:
        """See `Driver`."""
        robot, self._blocked = self._robot, True
        if robot is None:
            return
        try:
            self.halt()
            with translated("closing"):
                robot.join_motion(self._config.deadlines.close)
        except DriverError as error:
            self._lost = str(error)  # it let go of us first: nothing is left to bring to rest
        self._robot = None
        self._lost = self._lost or f"the robot at {self._config.host} is let go of; start the bridge again"

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        """As `translated`; a robot that is lost here needs a new connection from here on."""
        try:
            with translated(what):
                yield
        except DriverLostError as error:
            self._lost = self._lost or str(error)
            raise

    def _connected(self) -> Any:
        if self._robot is None or self._lost:
            raise DriverLostError(self._lost)
        return self._robot

"""What every driver through franky does alike: connection, state, faults, stops, recovery and the way home."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from franka_bridge.config import ArmConfig
from franka_bridge.deadlines import call_with_deadline
from franka_bridge.drivers.base import Ahead, DriverState
from franka_bridge.drivers.franky_errors import ROBOT_PORT, probe, translated
from franka_bridge.drivers.franky_home import HomeRun
from franka_bridge.drivers.franky_recover import clear_errors
from franka_bridge.drivers.franky_setup import open_robot
from franka_bridge.drivers.franky_state import convert, newest
from franka_bridge.errors import DriverError, DriverLostError, NoAnswerError, PlannerError
from molmoact_common.errors import UnreachableError
from molmoact_common.poses import Pose


class FrankyArm(ABC):
    """One arm through franky.Robot; see `Driver`. How targets reach it is left open."""

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
        self._fault = ""  # why a motion broke off; until `recover`
        self._planner_failures = 0

    @abstractmethod
    def _head_for(self, robot: Any, target: Pose, *, ahead: Ahead | None, last: bool) -> None:
        """Lead `robot` to `target`; called in `_order`, as are the others."""

    @abstractmethod
    def _forget_target(self) -> None:
        """What `_head_for` has begun is over."""

    @abstractmethod
    def _halt_motion(self, robot: Any) -> Any:
        """The motion that brings the moving `robot` to rest and ends there."""

    @abstractmethod
    def _look_after(self, robot: Any, state: DriverState) -> None:
        """A fresh state has come."""

    def _broke_off(self, error: DriverError) -> None:
        """The motion under way ended by an error."""
        self._planner_failures += isinstance(error, PlannerError)
        self._fault = str(error)

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

    @property
    def urdf(self) -> str:
        """See `Driver`; the client has asked for it while it connected."""
        return str(self._connected().model_urdf)

    def state(self) -> DriverState:
        """See `Driver`."""
        robot = self._connected()
        self._look_at_motion(robot)
        with self._asking("reading the robot's state"):
            state = convert(robot, newest(robot), self._fault, self._planner_failures)
        with self._order:
            if state.fault:
                self._forget_target()
            self._look_after(robot, state)
        return state

    def _look_at_motion(self, robot: Any) -> None:
        """Take up what broke off the motion that ended last; franky tells it once."""
        try:
            with self._asking("following"):
                robot.poll_motion()
        except DriverLostError:
            raise
        except DriverError as error:
            with self._order:
                self._broke_off(error)

    def moving_ms(self) -> int | None:
        """See `Driver`."""
        robot = self._robot
        if robot is None or not robot.is_in_control:
            return None
        # A motion may have ended since that look; then the state waits for one packet.
        with self._asking("reading the robot's clock"):
            return int(robot.state.time.to_msec())

    def move_to(self, target: Pose, *, ahead: Ahead | None = None, last: bool = False) -> None:
        """See `Driver`."""
        robot = self._connected()
        with self._order:
            if not self._blocked:
                self._halting = False
                self._head_for(robot, target, ahead=ahead, last=last)

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
                robot.move(self._halt_motion(robot), asynchronous=True)
        except PlannerError:  # the motion under way broke off by itself: nothing is left to halt
            self._planner_failures += 1
        except DriverError as error:
            self._fault = str(error)
            raise

    def stop(self) -> None:
        """See `Driver`."""
        self._blocked = True
        self.halt()

    def recover(self) -> str:
        """See `Driver`."""
        connected = self._connect_again() if self._robot is None or self._lost else ""
        try:
            done = self._clear_errors()
        except NoAnswerError:
            raise
        except DriverLostError:  # what looked like a connection was none: libfranka tells at the next call only
            connected, done = self._connect_again(), self._clear_errors()
        self._fault = ""
        self._blocked = False
        return connected + done

    def _connect_again(self) -> str:
        self.connect()
        return f"connected again to {self._config.host}, "

    def _clear_errors(self) -> str:
        """Those of a robot that was lost in motion too."""
        return clear_errors(self._robot, self._config.deadlines.recover)

    def home(self) -> None:
        """See `Driver`."""
        self.halt()
        run = HomeRun(self._connected(), self._config, blocked=lambda: self._blocked, send=self._start)
        try:
            with self._asking("going home"):
                run.go()
        except DriverError as error:
            self._planner_failures += isinstance(error, PlannerError)
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

"""The driver that streams absolute poses through franky, each one preempting the one before."""

import threading
import time
from typing import Any

import franky
import numpy as np

from franka_bridge.config import ArmConfig
from franka_bridge.deadlines import call_with_deadline
from franka_bridge.drivers.base import DriverState
from franka_bridge.drivers.franky_errors import ROBOT_PORT, active_errors, one_line, probe, translated
from franka_bridge.drivers.franky_halt import halt_motion
from franka_bridge.drivers.franky_setup import apply_settings
from franka_bridge.errors import DriverError, DriverLostError
from molmoact_common.errors import UnreachableError
from molmoact_common.poses import Pose, Vector

POLL_SECONDS = 0.02
SETTLED_SPEED = 0.01
"""rad/s of every joint that counts as standing still."""


class FrankyPosition:
    """One arm through franky.Robot; see `Driver`.

    The measured pose is forward kinematics of the measured joints: franky-sim reports the commanded pose as O_T_EE.
    """

    moves = True

    def __init__(self, config: ArmConfig, speed_cap: float) -> None:
        """`speed_cap` (m/s) bounds the planner too, so that catching up is never faster than the gate allows."""
        self._config = config
        self._speed_cap = speed_cap
        self._robot: Any = None
        self._lost = True
        self._blocked = False
        self._halting = False
        self._order = threading.Lock()  # of targets and stops: after a stop no target may slip through
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
                self._robot = call_with_deadline(self._open, deadline, f"connecting to the robot at {host}")
        except DriverError as error:
            raise UnreachableError(str(error)) from error
        self._lost = False
        self._halting = False

    def _open(self) -> Any:
        enforce = self._config.realtime == "enforce"
        mode = franky.RealtimeConfig.Enforce if enforce else franky.RealtimeConfig.Ignore
        robot = franky.Robot(self._config.host, realtime_config=mode)
        apply_settings(robot, self._config, self._speed_cap)
        return robot

    def state(self) -> DriverState:
        """See `Driver`."""
        robot = self._connected()
        try:
            with translated("reading the robot's state"):
                fault = self._motion_fault(robot)
                return self._convert(robot, robot.state, fault)
        except DriverLostError:
            self._lost = True
            raise

    @staticmethod
    def _motion_fault(robot: Any) -> str:
        """What broke off the motion that ended last; franky tells it once."""
        try:
            robot.poll_motion()
        except franky.ControlException as error:
            return one_line(error)
        return ""

    def _convert(self, robot: Any, state: Any, fault: str) -> DriverState:
        if state.robot_mode == franky.RobotMode.UserStopped:
            fault = "the user stop is pressed"
        elif state.robot_mode == franky.RobotMode.Reflex and not fault:
            fault = f"reflex: {', '.join(active_errors(state.current_errors))}"
        measured = robot.model.pose(franky.Frame.EndEffector, state.q, state.F_T_EE, state.EE_T_K)
        return DriverState(
            robot_time_ms=state.time.to_msec(),
            q=np.ravel(state.q),
            dq=np.ravel(state.dq),
            measured=Pose(np.ravel(measured.translation), np.ravel(measured.quaternion)),
            wrench=np.ravel(state.O_F_ext_hat_K),
            fault=fault,
        )

    def moving_ms(self) -> int | None:
        """See `Driver`."""
        robot = self._robot
        if robot is None or not robot.is_in_control:
            return None
        # A motion may have ended since that look; then the state waits for one packet.
        with translated("reading the robot's clock"):
            return int(robot.state.time.to_msec())

    def move_to(self, target: Pose, *, last: bool = False) -> None:
        """See `Driver`."""
        robot = self._connected()
        pose = franky.Affine(target.position, target.quaternion)
        motion = franky.CartesianMotion(
            pose, franky.ReferenceType.Absolute, self._chunk_share, return_when_finished=last
        )
        with self._order, translated("sending a target"):
            if not self._blocked:
                self._halting = False
                robot.move(motion, asynchronous=True)

    def halt(self) -> None:
        """See `Driver`."""
        robot = self._robot
        if robot is None or self._lost:
            return
        with self._order, translated("halting"):
            # Once only: a stop motion that replaces one begins anew, and halts called in a row would never end.
            if robot.is_in_control and not self._halting:
                self._halting = True
                robot.move(halt_motion(robot, self._config), asynchronous=True)

    def stop(self) -> None:
        """See `Driver`."""
        self._blocked = True
        self.halt()

    def recover(self) -> str:
        """See `Driver`."""
        if self._robot is None or self._lost:
            self.connect()
            self._blocked = False
            return f"connected again to {self._config.host}"
        done = self._clear_errors()
        self._blocked = False
        return done

    def _clear_errors(self) -> str:
        robot = self._connected()
        seconds = self._config.deadlines.recover
        end = time.monotonic() + seconds
        with translated("recovering"):
            before = active_errors(robot.state.current_errors)
            call_with_deadline(robot.recover_from_errors, seconds, "recovering from errors")
            # Its answer may be stale by one packet; the flags are what counts.
            while robot.has_errors:
                if time.monotonic() > end:
                    left = ", ".join(active_errors(robot.state.current_errors))
                    raise DriverError(f"errors stay after {seconds:g} s of recovery: {left}; clear them in Desk")
                time.sleep(POLL_SECONDS)
        return f"errors cleared: {', '.join(before)}" if before else "no errors to clear"

    def home(self) -> None:
        """See `Driver`."""
        end = time.monotonic() + self._config.deadlines.home
        self.halt()
        robot = self._connected()
        with translated("going home"):
            self._join(robot, end)
            motion = franky.JointMotion(list(self._config.home), relative_dynamics_factor=self._config.dynamics.home)
            with self._order:
                if not self._blocked:
                    self._halting = False
                    robot.move(motion, asynchronous=True)
            self._join(robot, end)
            self._settle(robot, end)

    def _join(self, robot: Any, end: float) -> None:
        while not robot.join_motion(POLL_SECONDS):
            self._check_on_the_way(end)
        self._check_on_the_way(end)

    def _settle(self, robot: Any, end: float) -> None:
        """Wait until the arm stands: the motion ends before the joints have come to rest."""
        while np.abs(robot.state.dq).max() > SETTLED_SPEED:
            self._check_on_the_way(end)
            time.sleep(POLL_SECONDS)
        if self._away(np.ravel(robot.state.q)) > self._config.home_tolerance:
            raise DriverError("the arm came to rest away from home; see what holds it and call recover, then home")

    def _away(self, q: Vector) -> float:
        return float(np.abs(q - np.array(self._config.home)).max())

    def _check_on_the_way(self, end: float) -> None:
        if self._blocked:
            raise DriverError("stopped on the way home; call recover, then home")
        if time.monotonic() > end:
            self.halt()
            raise DriverError(f"not home after {self._config.deadlines.home:g} s; call recover, then home")

    def close(self) -> None:
        """See `Driver`."""
        robot, self._blocked = self._robot, True
        if robot is None:
            return
        try:
            self.halt()
            with translated("closing"):
                robot.join_motion(self._config.deadlines.close)
        except DriverError:
            self._lost = True  # it let go of us first: nothing is left to bring to rest
        self._robot = None

    def _connected(self) -> Any:
        if self._robot is None or self._lost:
            raise DriverLostError(f"the robot at {self._config.host} is not connected; call recover")
        return self._robot

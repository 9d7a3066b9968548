"""The driver that streams absolute poses through franky's planner, each one preempting the one before."""

from typing import Any

import franky
import numpy as np

from franka_bridge.config import ArmConfig
from franka_bridge.drivers.base import Ahead, DriverState
from franka_bridge.drivers.franky_arm import FrankyArm
from franka_bridge.drivers.franky_halt import halt_motion
from franka_bridge.drivers.franky_home import SETTLED_SPEED
from franka_bridge.drivers.franky_motions import cartesian_motion
from franka_bridge.drivers.franky_state import commanded
from franka_bridge.drivers.pace import Pace
from franka_bridge.drivers.replan import PATIENCE_MS, Replan
from franka_bridge.errors import DriverError, PlannerError
from molmoact_common.poses import Pose


class FrankyPosition(FrankyArm):
    """Cartesian positions within the robot's limits; the robot's own controller follows them stiffly."""

    def __init__(self, config: ArmConfig, speed_cap: float) -> None:
        """See `FrankyArm`."""
        super().__init__(config, speed_cap)
        # Under way by `move_to`; none: by other means, or nothing is.
        self._target: tuple[Pose, Ahead | None, bool] | None = None
        self._replan = Replan()
        self._ms = 0
        dynamics = config.dynamics
        limits, share = config.limits, dynamics.acceleration
        self._pace = Pace(
            speeds=np.array([speed_cap / dynamics.velocity, limits.rotation[0]]),
            accelerations=share * np.array([limits.translation[1], limits.rotation[1]]),
            most=dynamics.velocity,
        )

    def _head_for(self, robot: Any, target: Pose, *, ahead: Ahead | None, last: bool) -> None:
        self._target = target, ahead, last
        if not self._replan.waiting:
            self._send(robot)

    def _send(self, robot: Any) -> None:
        if self._target is None:
            return
        target, ahead, last = self._target
        try:
            with self._asking("sending a target"):
                end, share = ahead.end if ahead is not None else target, self._share(robot, target, ahead)
                robot.move(cartesian_motion(end, share, ends=last), asynchronous=True)
        except PlannerError as error:  # of the motion before, which ended since the last look
            self._broke_off(error)

    def _share(self, robot: Any, target: Pose, ahead: Ahead | None) -> franky.RelativeDynamicsFactor:
        dynamics = self._config.dynamics
        velocity = self._pace.share(commanded(robot), target, ahead) if ahead is not None else dynamics.velocity
        return franky.RelativeDynamicsFactor(velocity, dynamics.acceleration, dynamics.jerk)

    def _forget_target(self) -> None:
        self._target = None
        self._replan.forget()

    def _halt_motion(self, robot: Any) -> Any:
        return halt_motion(robot, self._config)

    def _broke_off(self, error: DriverError) -> None:
        """Of a planner's failure a target is tried again, once; anything else is a fault."""
        if not isinstance(error, PlannerError):
            super()._broke_off(error)
            return
        self._planner_failures += 1
        if not self._replan.failed(self._ms):
            self._fault = f"the planner failed twice in a row: {error}"
        elif self._target is None:
            self._replan.forget()
            self._fault = "" if self._blocked else str(error)

    def _look_after(self, robot: Any, state: DriverState) -> None:
        """The target once more where the planner failed and the arm stands; never where the robot has an error."""
        self._ms = state.robot_time_ms
        stands = not robot.is_in_control and float(np.abs(state.dq).max()) < SETTLED_SPEED
        if self._replan.ready(self._ms, stands=stands):
            self._send(robot)
        elif self._replan.overdue(self._ms):
            self._forget_target()
            self._fault = f"the planner failed, and {PATIENCE_MS} ms later the arm still moves; call recover"

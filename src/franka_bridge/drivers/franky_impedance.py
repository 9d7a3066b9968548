"""The driver that pulls the arm after a reference by a spring: franky's Cartesian impedance on the torque interface."""

from typing import Any

import franky

from franka_bridge.config import ArmConfig
from franka_bridge.drivers.base import DriverState
from franka_bridge.drivers.franky_arm import FrankyArm
from franka_bridge.drivers.franky_halt import halt_motion
from franka_bridge.drivers.franky_spring import halt, reference, spring
from franka_bridge.drivers.leader import Leader, Pace
from franka_bridge.errors import DriverError
from molmoact_common.poses import Pose


class FrankyImpedance(FrankyArm):
    """Soft: what stands in the way feels a force that is bounded, and the arm arrives as exactly as friction lets it.

    The spring stays when a target is reached, until a halt. franky's tracking motion has no timeout for references; a
    reference is only ever moved on by `state`, the bridge's control cycle, and never beyond the newest target. Where
    the cycle stands still the spring holds the arm at the last one.
    """

    def __init__(self, config: ArmConfig, speed_cap: float) -> None:
        """See `FrankyArm`; the reference keeps to the same shares of the limits as planned motions do."""
        super().__init__(config, speed_cap)
        limits, dynamics = config.limits, config.dynamics
        self._translation = Pace(speed_cap, dynamics.acceleration * limits.translation[1])
        self._rotation = Pace(dynamics.velocity * limits.rotation[0], dynamics.acceleration * limits.rotation[1])
        self._leader: Leader | None = None  # none: no spring is under way
        self._motion: Any = None
        self._state: DriverState | None = None

    def _head_for(self, robot: Any, target: Pose, *, last: bool) -> None:
        if self._state is None:
            raise DriverError("no state of the robot was read yet; read it before the first target")
        ms = self._state.robot_time_ms
        starts = self._leader is None or not robot.is_in_control
        if self._leader is None or starts:
            self._leader = Leader(self._state.measured, ms, self._translation, self._rotation)
        self._leader.head_for(target, ms, last=last)
        if starts:
            self._motion = spring(self._config, self.urdf, self._leader)
            with self._asking("sending a target"):
                robot.move(self._motion, asynchronous=True)

    def _look_after(self, robot: Any, state: DriverState) -> None:
        self._state = state
        if self._leader is not None:
            self._leader.step(state.robot_time_ms)
            self._motion.set_reference(reference(self._leader))

    def _forget_target(self) -> None:
        self._leader = None

    def _halt_motion(self, robot: Any) -> Any:
        """On the way home the motion is no spring, and franky cannot change the kind in mid-motion."""
        if robot.current_control_signal_type == franky.ControlSignalType.Torques:
            return halt(self._config)
        return halt_motion(robot, self._config)

"""The driver that pulls the arm after a reference by a spring: franky's Cartesian impedance on the torque interface."""

from typing import Any

import franky

from franka_bridge.config import ArmConfig
from franka_bridge.drivers.base import Ahead, DriverState
from franka_bridge.drivers.franky_arm import FrankyArm
from franka_bridge.drivers.franky_halt import halt_motion
from franka_bridge.drivers.franky_spring import halt, reference, spring
from franka_bridge.drivers.leader import Bounds, Leader
from franka_bridge.errors import DriverError
from franka_bridge.kinematics import JointLimits
from molmoact_common.poses import Pose

RENEWAL_MS = 40
"""Milliseconds of the robot after which a spring is replaced by its like, which lives on for as long again."""


class FrankyImpedance(FrankyArm):
    """Soft: what stands in the way feels a force that is bounded, and the arm arrives as exactly as friction lets it.

    The spring stays when a target is reached, until a halt. `state`, the bridge's control cycle, moves its reference on
    and renews it; where the cycle stands still it halts the arm by itself.
    """

    def __init__(self, config: ArmConfig, speed_cap: float) -> None:
        """See `FrankyArm`; the reference keeps to shares of the robot's limits too."""
        super().__init__(config, speed_cap)
        limits, dynamics = config.limits, config.dynamics
        share = config.impedance.acceleration
        self._translation = Bounds(speed_cap, share * limits.translation[1])
        self._rotation = Bounds(dynamics.velocity * limits.rotation[0], share * limits.rotation[1])
        self._state: DriverState | None = None
        self._joints: JointLimits | None = None
        self._leader: Leader | None = None  # none: no spring is under way
        self._spring: Any = None
        self._renewed_ms = 0

    def _head_for(self, robot: Any, target: Pose, *, ahead: Ahead | None, last: bool) -> None:
        if self._state is None:
            raise DriverError("no state of the robot was read yet; read it before the first target")
        ms = self._state.robot_time_ms
        if self._leader is not None and robot.is_in_control:
            self._leader.head_for(target, ms, last=last)
            return
        self._leader = Leader(self._state.measured, ms, self._translation, self._rotation)
        self._leader.head_for(target, ms, last=last)
        self._joints = JointLimits.parse(self.urdf)
        self._renew(robot, self._leader, self._joints, ms)

    def _look_after(self, robot: Any, state: DriverState) -> None:
        self._state = state
        if self._leader is None or self._joints is None:
            return
        self._leader.step(state.robot_time_ms)
        if robot.is_in_control and state.robot_time_ms - self._renewed_ms >= RENEWAL_MS:
            self._renew(robot, self._leader, self._joints, state.robot_time_ms)
        else:
            self._spring.set_reference(reference(self._leader))

    def _renew(self, robot: Any, leader: Leader, joints: JointLimits, ms: int) -> None:
        self._spring, self._renewed_ms = spring(self._config, joints, leader), ms
        with self._asking("pulling at the arm"):
            robot.move(self._spring, asynchronous=True)

    def _forget_target(self) -> None:
        self._leader = None

    def _halt_motion(self, robot: Any) -> Any:
        """On the way home the motion is no spring, and franky cannot change the kind in mid-motion."""
        if robot.current_control_signal_type == franky.ControlSignalType.Torques:
            return halt(self._config)
        return halt_motion(robot, self._config)

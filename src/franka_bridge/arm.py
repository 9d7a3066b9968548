"""One arm as the bridge holds it: driver, gripper, newest state."""

import math
from dataclasses import dataclass

import numpy as np

from franka_bridge.config import ArmConfig, GripperConfig, RobotConfig
from franka_bridge.drivers.base import Driver, DriverState
from franka_bridge.drivers.dry_run import DryRun
from franka_bridge.gripper import GripperWorker
from franka_bridge.kinematics import Kinematics
from franka_bridge.safety import SafetyConfig
from franka_bridge.targets import Target
from franka_bridge.watchdog import Watchdog


@dataclass(slots=True)
class Arm:
    """Driver, gripper (none where it has none), watchdog and the newest state (none before the first)."""

    config: ArmConfig
    driver: Driver
    gripper: GripperWorker | None
    watchdog: Watchdog
    state: DriverState | None = None

    @property
    def opening(self) -> float:
        """Measured opening of the gripper, 0..1; NaN without one."""
        return self.gripper.opening if self.gripper is not None else math.nan

    def here(self) -> Target:
        """Where the arm is, as a target; without a gripper it counts as open.

        Only after the first state.
        """
        assert self.state is not None
        opening = self.opening if math.isfinite(self.opening) else 1.0
        return Target(self.state.measured, opening, self.state.q)

    def kinematics(self) -> Kinematics:
        """Of this arm with the end effector that it has now; only after the first state."""
        assert self.state is not None
        return Kinematics.of(self.driver.urdf, self.state.q, self.state.measured)

    def away_from_home(self) -> float:
        """Largest distance of a joint from home, rad; infinite before the first state."""
        if self.state is None:
            return math.inf
        return float(np.abs(self.state.q - np.array(self.config.home)).max())

    def connect(self) -> None:
        """Connect driver and gripper, and read the first state.

        Raises:
            UnreachableError: one of them does not answer.
            ConfigError: the arm is no FR3.
        """
        self.driver.connect()
        self.state = self.driver.state()
        self.kinematics()  # an arm whose joints nothing is known of is not to be started later
        if self.gripper is not None:
            self.gripper.start()

    def recover(self) -> str:
        """Clear errors of the arm, connect again what is lost; says what it did."""
        done = self.driver.recover()
        if self.gripper is not None and self.gripper.fault:
            self.gripper.recover()
            done += ", gripper connected again"
        return done

    def close(self) -> None:
        """Come to rest, and let go of both."""
        self.driver.close()
        if self.gripper is not None:
            self.gripper.close()


def make_arms(robot: RobotConfig, safety: SafetyConfig, *, dry_run: bool) -> dict[str, Arm]:
    """The arms of a configuration, not yet connected."""
    return {name: _make_arm(config, safety, dry_run) for name, config in robot.arms.items()}


def _make_arm(config: ArmConfig, safety: SafetyConfig, dry_run: bool) -> Arm:
    from franka_bridge.drivers.choice import make_driver  # noqa: PLC0415  libfranka only where an arm is

    driver = make_driver(config, safety.speed_cap)
    gripper = _make_gripper(config, config.gripper, dry_run) if config.gripper is not None else None
    return Arm(config, DryRun(driver) if dry_run else driver, gripper, Watchdog(safety.watchdog))


def _make_gripper(arm: ArmConfig, config: GripperConfig, dry_run: bool) -> GripperWorker:
    from franka_bridge.drivers.franky_gripper import FrankyGripper  # noqa: PLC0415  as above

    return GripperWorker(FrankyGripper(arm, config), config, moves=not dry_run)

"""All arms of a bridge as one: connected, read, watched and stopped together."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np

from franka_bridge.arm import Arm
from franka_bridge.drivers.base import Driver
from franka_bridge.errors import DriverError, DriverLostError, RefusedError
from franka_bridge.gate.checks import Measured
from franka_bridge.kinematics import Kinematics
from franka_bridge.targets import Targets
from molmoact_common.errors import UserError
from molmoact_common.poses import Vector


class ArmGroup:
    """Arm name -> arm."""

    def __init__(self, arms: Mapping[str, Arm]) -> None:
        self.arms = dict(arms)
        self._resting: dict[str, Vector] = {}

    @property
    def moves(self) -> bool:
        """False: a dry run."""
        return all(arm.driver.moves for arm in self.arms.values())

    def connect(self) -> None:
        """Connect every arm, or none.

        Raises:
            UnreachableError: one of them does not answer.
        """
        try:
            for arm in self.arms.values():
                arm.connect()
        except UserError:
            self.close()  # of two arms the first may be connected already
            raise

    def close(self) -> None:
        """Bring the arms to rest and let go of them."""
        for arm in self.arms.values():
            arm.close()

    def read(self) -> str:
        """Newest state of every arm; why one has stopped by itself, or nothing.

        Raises:
            DriverLostError: one does not answer any more.
        """
        faults = []
        for name, arm in self.arms.items():
            try:
                arm.state = arm.driver.state()
            except DriverLostError as error:
                raise DriverLostError(f"{name}: {error}") from error
            except DriverError as error:
                faults.append(f"{name}: {error}")
            else:
                faults += [f"{name}: {arm.state.fault}"] if arm.state.fault else []
        return "; ".join(faults)

    def each_driver(self, call: Callable[[str, Driver], None]) -> None:
        """`call(name, driver)` of every arm; the first DriverError ends it."""
        for name, arm in self.arms.items():
            try:
                call(name, arm.driver)
            except DriverLostError as error:
                raise DriverLostError(f"{name}: {error}") from error
            except DriverError as error:
                raise DriverError(f"{name}: {error}") from error

    def stop(self) -> list[str]:
        """Stop every arm; an error of one must not keep the others from it, and is returned."""
        errors = []
        for name, arm in self.arms.items():
            try:
                arm.driver.stop()
            except DriverError as error:
                errors.append(f"{name}: {error}")
        return errors

    def home(self) -> None:
        """Every arm goes home at the same time; the first that fails stops them all.

        Raises:
            DriverError: it failed; the others are stopped, until `recover`.
        """
        with ThreadPoolExecutor(len(self.arms), thread_name_prefix="home") as threads:
            ways = {threads.submit(arm.driver.home): name for name, arm in self.arms.items()}
            failures: list[str] = []
            for way in as_completed(ways):
                try:
                    way.result()
                except DriverError as error:
                    failures += [f"{ways[way]}: {error}", *([] if failures else self.stop())]
        if failures:
            raise DriverError("; ".join(failures))

    def here(self) -> Targets:
        """Where the arms are, as targets; only after the first state."""
        return {name: arm.here() for name, arm in self.arms.items()}

    def kinematics(self) -> dict[str, Kinematics]:
        """Models of the arms; only after the first state."""
        return {name: arm.kinematics() for name, arm in self.arms.items()}

    def note_resting_wrench(self) -> None:
        """What the arms feel now is what they feel at rest, until the next call."""
        self._resting = {name: arm.state.wrench for name, arm in self.arms.items() if arm.state}

    def measured(self) -> dict[str, Measured]:
        """What each arm feels that has a state."""
        return {
            name: Measured(arm.state.measured, arm.state.wrench - self._resting.get(name, np.zeros(6)), arm.state.q)
            for name, arm in self.arms.items()
            if arm.state
        }

    def check_home(self) -> None:
        """Raise RefusedError where an arm is away from home."""
        for name, arm in self.arms.items():
            away = arm.away_from_home()
            if away > arm.config.home_tolerance:
                raise RefusedError(f"{name} is away from home by {away:.2f} rad: call home first")

    def set_openings(self, targets: Targets) -> None:
        """Hand each gripper what its arm's target says."""
        for name, arm in self.arms.items():
            if arm.gripper is not None:
                arm.gripper.set_opening(targets[name].opening)

    def forget_openings(self) -> None:
        """Drop what waits for a gripper."""
        for arm in self.arms.values():
            if arm.gripper is not None:
                arm.gripper.forget()

    def beat(self) -> None:
        """A control cycle was done."""
        for arm in self.arms.values():
            if arm.state is not None:
                arm.watchdog.beat(arm.state.robot_time_ms)

    def rest(self) -> None:
        """Nothing is to move: no beat is owed."""
        for arm in self.arms.values():
            arm.watchdog.rest()

    def silence_ms(self) -> int | None:
        """Longest silence in the robots' milliseconds where a watchdog has expired; else none."""
        watched = [(arm.watchdog, arm.state.robot_time_ms) for arm in self.arms.values() if arm.state]
        if not any(watchdog.expired(ms) for watchdog, ms in watched):
            return None
        return max(watchdog.silence_ms(ms) for watchdog, ms in watched)

    def figures(self) -> dict[str, str]:
        """For diagnostics: planner failures and faults of the grippers."""
        values = {}
        for name, arm in self.arms.items():
            values[f"planner_failures.{name}"] = str(arm.state.planner_failures if arm.state is not None else 0)
            if arm.gripper is not None:
                values[f"gripper.{name}"] = arm.gripper.fault or "ok"
        return values

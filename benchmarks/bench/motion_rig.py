"""The bridge but for ROS at simulated arms, cycled in the arms' own ticks, with its targets and its cost noted."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from bench.motion_world import MotionWorld
from franka_bridge.arm import make_arms
from franka_bridge.bridge import Bridge
from franka_bridge.config import RobotConfig
from franka_bridge.reports import Status
from franka_bridge.safety import SafetyConfig
from franka_bridge.state_machine import Mode
from molmoact_common.chunks import DOF_PER_ARM, Chunk
from molmoact_common.errors import UserError
from molmoact_common.poses import DeltaFrame, Pose, RotationConvention
from molmoact_common.yaml_config import load_settings

CONFIG = Path(__file__).parents[2] / "config"
CYCLE = 10
"""Ticks a control cycle: the bridge node's timer."""


class MotionError(UserError):
    """The bridge did not do what a benchmark asked of it."""

    exit_code = 1


class NotedDriver:
    """A driver, and what the bridge called at which tick of the world."""

    def __init__(self, inner: Any, world: MotionWorld) -> None:
        self._inner = inner
        self._world = world
        self.targets: list[tuple[int, NDArray[np.float64]]] = []
        self.halts: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def move_to(self, target: Pose, **options: Any) -> None:
        """See `Driver`."""
        self.targets.append((self._world.tick, target.position))
        self._inner.move_to(target, **options)

    def halt(self) -> None:
        """See `Driver`."""
        self.halts.append(self._world.tick)
        self._inner.halt()


@dataclass(slots=True)
class Cost:
    """Wall and CPU milliseconds of each control cycle in which a chunk was followed."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


class MotionRig:
    """A connected bridge; time goes on where `run` is called."""

    def __init__(self, bridge: Bridge, world: MotionWorld, drivers: dict[str, NotedDriver]) -> None:
        self.bridge = bridge
        self.world = world
        self.drivers = drivers
        self.cost = Cost()
        self._process = psutil.Process()
        self._sequence = 0

    def begin(self) -> None:
        """Go home, and follow chunks from now on."""
        with self.world.free():
            if self.bridge.mode is not Mode.IDLE:
                self.bridge.stop("next run")
                self.bridge.recover(self.world.now_ns)
            self.bridge.home(self.world.now_ns)
            self.bridge.start(self.world.now_ns)
        self.bridge.take_reports()
        for driver in self.drivers.values():
            driver.targets.clear()
            driver.halts.clear()

    def send(self, deltas: NDArray[np.float64], period: float, observed: tuple[int, int] | None = None) -> None:
        """One chunk, the same for each arm.

        Args:
            deltas: metres, shape (rows, 3).
            period: seconds a row.
            observed: command step and nanoseconds of the observation; none: now.
        """
        self._sequence += 1
        step, stamp = observed or self.observe()
        rows = np.zeros((len(deltas), DOF_PER_ARM))
        rows[:, :3], rows[:, 6] = deltas, 1.0
        chunk = Chunk(
            sequence=self._sequence,
            observation_ns=stamp,
            command_step=step,
            arms=tuple(self.drivers),
            deltas=np.tile(rows, (1, len(self.drivers))),
            step_period=period,
            frame=DeltaFrame.BASE,
            rotation=RotationConvention.ROTATION_VECTOR,
        )
        self.bridge.on_chunk(chunk, self.world.now_ns)

    def observe(self) -> tuple[int, int]:
        """Command step and time of an observation made now."""
        return next(iter(self.bridge.snapshot().values())).command_step, self.world.now_ns

    def commanded(self) -> NDArray[np.float64]:
        """Where the bridge has commanded the TCPs to, shape (arms, 3)."""
        return np.array([arm.commanded.pose.position for arm in self.bridge.snapshot().values()])

    def measured(self) -> NDArray[np.float64]:
        """Where the TCPs are, shape (arms, 3)."""
        return np.array([trace.rows(self.world.tick - 1)[1][0] for trace in self.world.traces])

    def run(self, ticks: int, until: Callable[[], bool] = lambda: False) -> None:
        """Control cycles for so many ticks, or until something holds."""
        end = self.world.tick + ticks
        while self.world.tick < end and not until():
            self.cycle()

    def finish(self, ticks: int = 20_000) -> None:
        """Control cycles until the chunk is done.

        Raises:
            MotionError: it is not, or was given up.
        """
        self.run(ticks, until=lambda: self.bridge.mode is not Mode.RUNNING)
        reports = [report for report in self.bridge.take_reports() if report.status is not Status.ACCEPTED]
        wrong = [report for report in reports if report.status not in (Status.FINISHED, Status.REPLACED)]
        if wrong or self.bridge.mode is not Mode.HOLDING:
            why = wrong[0].reason if wrong else self.bridge.reason
            raise MotionError(f"the chunk was not finished ({self.bridge.mode.name.lower()}): {why}")

    def cycle(self) -> None:
        """One control cycle, and the ticks until the next."""
        due = self.world.tick + CYCLE
        wall, cpu = time.perf_counter(), time.thread_time()
        self.bridge.tick(self.world.now_ns)
        wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
        self.world.advance(due)
        if self.bridge.mode is Mode.RUNNING:
            self.cost.wall.append(1000 * wall)
            self.cost.cpu.append(1000 * cpu)

    def native_seconds(self) -> float:
        """CPU seconds so far of the threads that are neither this one nor the world's: libfranka's control loops."""
        own = {threading.get_native_id(), self.world.native_id}
        return sum(one.user_time + one.system_time for one in self._process.threads() if one.id not in own)


@contextmanager
def motion_rig(driver: str, hosts: Sequence[str]) -> Iterator[MotionRig]:
    """A bridge of that driver at one simulated arm at each host, with the figures of config/robots/fr3.yaml."""
    config = load_settings(CONFIG / "robots" / "fr3.yaml", RobotConfig).arms["arm"]
    safety = load_settings(CONFIG / "safety" / "default.yaml", SafetyConfig)
    # The simulated arm follows its pose by a soft controller, 25 mm behind at the cap: not what is measured here.
    safety = safety.model_copy(update={"leash_translation": safety.leash_translation + 0.06})
    changes = {"realtime": "ignore", "gripper": None, "driver": driver}
    names = ("arm",) if len(hosts) == 1 else ("left", "right")
    configs = {n: config.model_copy(update={**changes, "host": h}) for n, h in zip(names, hosts, strict=True)}
    with MotionWorld(hosts, config.home) as world:
        arms = make_arms(RobotConfig(arms=configs), safety, dry_run=False)
        drivers = {name: NotedDriver(arm.driver, world) for name, arm in arms.items()}
        for name, arm in arms.items():
            arm.driver = drivers[name]
        bridge = Bridge(arms, safety)
        try:
            bridge.connect()
            yield MotionRig(bridge, world, drivers)
        finally:
            with world.free():
                bridge.close()

"""A started bridge of two arms whose drivers are at once where they are sent, and fail where a test says so."""

from typing import Any

import numpy as np
from franky_sim.urdf import FR3_URDF

from franka_bridge.arm import Arm
from franka_bridge.authority import Source
from franka_bridge.bridge import Bridge
from franka_bridge.config import ArmConfig
from franka_bridge.drivers.base import Ahead, DriverState
from franka_bridge.safety import SafetyConfig
from franka_bridge.watchdog import Watchdog
from molmoact_common.chunks import Chunk
from molmoact_common.poses import DeltaFrame, Pose, RotationConvention

TICK = 10_000_000
CONFIG = ArmConfig(host="127.0.63.60", gripper=None)
START = Pose(np.array([0.4, 0.0, 0.4]), np.array([1.0, 0.0, 0.0, 0.0]))


class Fragile:
    """Stands for a driver: is at once where it is sent, and raises what it is told to where it is told to."""

    moves = True
    urdf = FR3_URDF

    def __init__(self) -> None:
        self.broken: dict[str, Exception] = {}
        self.fault = ""
        self.pose = START
        self.ms = 0
        self.stops = 0
        self.halts = 0

    def _do(self, call: str) -> None:
        if call in self.broken:
            raise self.broken[call]

    def connect(self) -> None:
        self._do("connect")

    def state(self) -> DriverState:
        self._do("state")
        self.ms += 10
        return DriverState(self.ms, np.array(CONFIG.home), np.zeros(7), self.pose, np.zeros(6), self.fault, 3)

    def moving_ms(self) -> int | None:
        return None

    def move_to(self, target: Pose, *, ahead: Ahead | None = None, last: bool = False) -> None:
        self._do("move_to")
        self.pose = target

    def halt(self) -> None:
        self.halts += 1
        self._do("halt")

    def stop(self) -> None:
        self.stops += 1
        self._do("stop")

    def recover(self) -> str:
        self._do("recover")
        self.broken.clear()
        self.fault = ""
        return "fine again"

    def home(self) -> None:
        self._do("home")

    def close(self) -> None:
        self._do("close")


class Driven:
    """A started bridge of two such arms, ticked by hand."""

    def __init__(self, **safety: Any) -> None:
        self.left, self.right = Fragile(), Fragile()
        drivers = {"left": self.left, "right": self.right}
        arms = {name: Arm(CONFIG, driver, None, Watchdog(0.1)) for name, driver in drivers.items()}
        self.bridge = Bridge(arms, SafetyConfig(**safety))
        self.now = 0
        self.bridge.connect()
        self.tick()
        self.bridge.start(self.now)

    def tick(self, times: int = 1) -> None:
        for _ in range(times):
            self.now += TICK
            self.bridge.tick(self.now)

    def send(self, sequence: int = 1, source: Source = Source.POLICY) -> None:
        self.bridge.on_chunk(
            Chunk(
                sequence=sequence,
                observation_ns=self.now,
                command_step=self.bridge.snapshot()["left"].command_step,
                arms=("left", "right"),
                deltas=np.tile([0.004, 0, 0, 0, 0, 0, 1.0], (8, 2)),
                step_period=0.1,
                frame=DeltaFrame.BASE,
                rotation=RotationConvention.ROTATION_VECTOR,
            ),
            self.now,
            source,
        )

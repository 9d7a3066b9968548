"""The whole bridge but for ROS at robot servers; time goes on only where a test lets it, in the robots' own ticks."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from franka_bridge.arm import make_arms
from franka_bridge.bridge import Bridge
from franka_bridge.config import Deadlines, Placement, RobotConfig
from franka_bridge.errors import DriverError
from franka_bridge.reports import ChunkReport
from franka_bridge.safety import SafetyConfig
from franka_bridge.state_machine import Mode
from molmoact_common.chunks import Chunk
from molmoact_common.poses import DeltaFrame, RotationConvention
from molmoact_common.yaml_config import load_settings
from support.robot_server.record import speeds
from support.robot_server.server import RobotServer

CONFIG = Path(__file__).parents[2] / "config"
SAFETY = load_settings(CONFIG / "safety" / "default.yaml", SafetyConfig)
CYCLE = 10
"""Robot ticks a control cycle: the bridge node's timer."""
PERIOD = 1 / 15
CRUISE = SAFETY.speed_cap * PERIOD
"""Metres a row at the cap."""
SETTLE_SECONDS = 2.0
WAIT_SECONDS = 10.0
"""Libfranka takes one second to notice; the rest is for a busy machine."""


class Rig:
    """A connected bridge and its robots.

    Attributes:
        now_ns: the graph's clock; may be set, as a clock is that steps.
        reports: what became of chunks so far.
        homes: end effector of each arm where it began.
    """

    def __init__(self, bridge: Bridge, robots: Mapping[str, RobotServer]) -> None:
        self.bridge = bridge
        self.robots = dict(robots)
        self.now_ns = 1_000_000_000
        self.reports: list[ChunkReport] = []
        self.homes = {name: arm.commanded.pose for name, arm in bridge.snapshot().items()}
        self._sequence = 0

    @property
    def first(self) -> RobotServer:
        """The only robot, or the first of two."""
        return next(iter(self.robots.values()))

    @property
    def tick(self) -> int:
        """The first robot's."""
        return self.first.robot.tick

    @property
    def mode(self) -> Mode:
        return self.bridge.mode

    def start(self) -> None:
        """Follow chunks from now on."""
        self.bridge.start(self.now_ns)

    def chunk(self, rows: int = 8, dx: float = 0.008, **changes: Any) -> Chunk:
        """Straight ahead; the next in sequence, of an observation made now."""
        self._sequence += 1
        values = {
            "sequence": self._sequence,
            "observation_ns": self.now_ns,
            "command_step": next(iter(self.bridge.snapshot().values())).command_step,
            "arms": tuple(self.robots),
            "deltas": np.tile([dx, 0, 0, 0, 0, 0, 1.0], (rows, len(self.robots))),
            "step_period": PERIOD,
            "frame": DeltaFrame.BASE,
            "rotation": RotationConvention.ROTATION_VECTOR,
        }
        return Chunk(**{**values, **changes})

    def send(self, chunk: Chunk) -> None:
        self.bridge.on_chunk(chunk, self.now_ns)
        self._take_reports()

    def cycle(self) -> None:
        """One control cycle, and the ticks until the next."""
        self.bridge.tick(self.now_ns)
        self._take_reports()
        self._settle()
        self.advance(CYCLE)
        self.now_ns += CYCLE * 1_000_000

    def run(self, ticks: int, until: Callable[[], bool] = lambda: False) -> None:
        """Control cycles for so many ticks, or until something holds."""
        for _ in range(ticks // CYCLE):
            if until():
                return
            self.cycle()

    def cruise(self, rows: int = 14) -> None:
        """Follow a chunk at the speed cap until the arms are that fast but for a twenty-fifth.

        Raises:
            TimeoutError: they never are.
        """
        self.send(self.chunk(rows=rows, dx=CRUISE))
        self.run(700, until=lambda: self.speed() > 0.96 * SAFETY.speed_cap)
        if self.speed() < 0.96 * SAFETY.speed_cap:
            raise TimeoutError(f"still at {self.speed():.3f} m/s; the bridge is {self.mode.name}: {self.bridge.reason}")

    def speed(self) -> float:
        """m/s of the slowest arm, as the robots have it now."""
        return min(float(np.linalg.norm(robot.robot.arm.pose.velocity[:3])) for robot in self.robots.values())

    def advance(self, ticks: int) -> None:
        """Ticks of every robot, without a control cycle."""
        powered = [robot for robot in self.robots.values() if robot.powered]
        for robot in powered:
            robot.gate.grant(ticks)
        for robot in powered:
            robot.gate.wait(60.0)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Control cycles until `condition` holds, at no more than real time: for what libfranka's wall clock decides.

        Raises:
            TimeoutError: it never holds.
        """
        end = time.monotonic() + WAIT_SECONDS
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"after {WAIT_SECONDS:g} s the bridge is {self.mode.name}: {self.bridge.reason}")
            self.bridge.tick(self.now_ns)
            self._take_reports()
            self.advance(CYCLE)
            time.sleep(CYCLE / 1000)
            self.now_ns += CYCLE * 1_000_000

    def let_go(self) -> None:
        """The robots go on by themselves, with nothing that would hold up a client that says goodbye."""
        for robot in self.robots.values():
            robot.freeze = None
            robot.gate.free()

    def recover(self) -> str:
        """Recover, while the robots' time goes on."""
        with self._free():
            return self.bridge.recover(self.now_ns)

    def home(self) -> str:
        """Go home, while the robots' time goes on."""
        with self._free():
            return self.bridge.home(self.now_ns)

    def works_again(self) -> bool:
        """Whether the arms go home, start, and finish a chunk of 64 mm exactly."""
        self.home()
        self.start()
        before = self.positions()
        self.send(self.chunk())
        self.run(2000, until=lambda: self.mode is not Mode.RUNNING)
        self.run(300)
        ways = self.positions() - before
        return self.mode is Mode.HOLDING and bool(np.allclose(ways, [0.064, 0.0, 0.0], atol=2e-4))

    def positions(self) -> np.ndarray:
        """Where the robots have their end effectors, shape (arms, 3)."""
        return np.array([robot.robot.arm.pose.value[:3, 3] for robot in self.robots.values()])

    def ticks_to_rest(self, name: str, since: int, slow: float = 1e-3) -> int:
        """Ticks after `since` at which an arm was faster than `slow` (m/s) for the last time."""
        rows = self.robots[name].robot.record.rows(since)
        moving = np.flatnonzero(speeds(rows) >= slow)
        return int(moving[-1]) + 1 if len(moving) else 0

    def _take_reports(self) -> None:
        self.reports += self.bridge.take_reports()

    def _settle(self) -> None:
        """Until what the bridge has begun has reached the robots, so that a run does not hang on the scheduler."""
        end = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < end and not all(self._settled(name) for name in self.robots):
            time.sleep(0.0002)

    def _settled(self, name: str) -> bool:
        """Whether client and robot agree that a motion runs, or cannot."""
        robot = self.robots[name]
        if not robot.powered or robot.freeze:
            return True
        try:
            return (self.bridge.arms[name].driver.moving_ms() is not None) is robot.robot.locked
        except DriverError:
            return True

    @contextmanager
    def _free(self) -> Iterator[None]:
        for robot in self.robots.values():
            robot.gate.free()
        try:
            yield
        finally:
            for robot in self.robots.values():
                robot.gate.hold()


def _place(number: int) -> Placement:
    """Of an arm's base: 1 m apart, where no arm is in the other's way."""
    return Placement(position=(0.0, -1.0 * number, 0.0))


@contextmanager
def rig_at(
    *hosts: str, names: Sequence[str] = ("arm",), started: bool = True, safety: SafetyConfig = SAFETY, **arm: Any
) -> Iterator[Rig]:
    """A bridge at a robot of its own at each host.

    Args:
        hosts: loopback addresses, one an arm.
        names: of the arms.
        started: whether it follows chunks already.
        safety: limits.
        arm: changes to the arms' configuration.
    """
    config = load_settings(CONFIG / "robots" / "fr3.yaml", RobotConfig).arms["arm"]
    arms = {
        name: config.model_copy(update={"host": host, "realtime": "ignore", "base_in_world": _place(number), **arm})
        for number, (name, host) in enumerate(zip(names, hosts, strict=True))
    }
    with ExitStack() as stack:
        robots = {name: stack.enter_context(RobotServer(each.host)) for name, each in arms.items()}
        bridge = Bridge(make_arms(RobotConfig(arms=arms), safety, dry_run=False), safety)
        stack.callback(bridge.close)
        bridge.connect()
        rig = Rig(bridge, robots)
        stack.callback(rig.let_go)
        for robot in robots.values():
            robot.gate.hold()
        if started:
            rig.start()
        yield rig


QUICK = Deadlines(connect=8.0, recover=3.0, close=1.0)
"""For faults that let a call run into its deadline."""

"""The whole bridge but for ROS at strict robots; their time goes on only from one control cycle to the next."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from franka_bridge.arm import make_arms
from franka_bridge.bridge import Bridge
from franka_bridge.config import RobotConfig
from franka_bridge.reports import ChunkReport
from franka_bridge.safety import SafetyConfig
from franka_bridge.state_machine import Mode
from molmoact_common.chunks import Chunk
from molmoact_common.poses import DeltaFrame, Pose, RotationConvention
from molmoact_common.yaml_config import load_settings
from strict.server import ROOT, StrictServer, strict_server

CONFIG = ROOT / "config"
SAFETY = load_settings(CONFIG / "safety" / "default.yaml", SafetyConfig)
CYCLE_MS = 10
"""Robot time of a control cycle, as the bridge node's timer."""
PERIOD = 1 / 15
CRUISE = SAFETY.speed_cap * PERIOD
"""Metres a row at the cap."""
STALL_SECONDS = 30.0
"""Wall time that the robot's clock may take for one cycle on a busy machine."""
POLL_SECONDS = 0.001
SLOW = 1e-3
"""m/s that count as rest."""
THINKING_MS = 200
"""Robot time that the policy of `Rig.stream` takes."""


class Rig:
    """A connected bridge, at home and following chunks.

    Attributes:
        bridge: the bridge.
        server: its robots.
        reports: what became of chunks so far.
        now_ns: the graph's clock: the first robot's.
        begin: measured end effectors after the last `afresh`, metres, shape (arms, 3).
    """

    def __init__(self, bridge: Bridge, server: StrictServer) -> None:
        self.bridge = bridge
        self.server = server
        self.reports: list[ChunkReport] = []
        self.now_ns = 1_000_000_000
        self.begin = np.zeros((len(bridge.arms), 3))
        self._sequence = 0
        self._robot_ms = next(iter(self._read_ms().values()))
        self._heard = 0

    @property
    def mode(self) -> Mode:
        return self.bridge.mode

    @property
    def step(self) -> int:
        """The command-step counter."""
        return next(iter(self.bridge.snapshot().values())).command_step

    def chunk(self, deltas: np.ndarray, **changes: Any) -> Chunk:
        """The next in sequence, of an observation made now; `deltas` of shape (rows, 7) or (rows, 7 * arms)."""
        self._sequence += 1
        arms = tuple(self.bridge.arms)
        deltas = np.asarray(deltas, float)
        if deltas.shape[1] == 7:
            deltas = np.tile(deltas, (1, len(arms)))
        values: dict[str, Any] = {
            "sequence": self._sequence,
            "observation_ns": self.now_ns,
            "command_step": self.step,
            "arms": arms,
            "deltas": deltas,
            "step_period": PERIOD,
            "frame": DeltaFrame.BASE,
            "rotation": RotationConvention.ROTATION_VECTOR,
        }
        return Chunk(**{**values, **changes})

    def send(self, chunk: Chunk) -> None:
        self.bridge.on_chunk(chunk, self.now_ns)
        self._take_reports()

    def cycle(self) -> None:
        """One control cycle, and the robot's time until the next."""
        self.bridge.tick(self.now_ns)
        self._take_reports()
        self._wait(CYCLE_MS)

    def run(self, ms: int, until: Callable[[], bool] = lambda: False) -> bool:
        """Control cycles for so much of the robot's time, or until something holds; whether it did."""
        end = self.now_ns + ms * 1_000_000
        while self.now_ns < end:
            if until():
                return True
            self.cycle()
        return until()

    def follow(self, deltas: np.ndarray) -> None:
        """Send one chunk and let the arms come to rest behind it."""
        self.send(self.chunk(deltas))
        self.run(20_000, until=lambda: self.mode is not Mode.RUNNING)

    def stream(self, rows: np.ndarray, chunk_rows: int = 8, ahead: int = 3) -> None:
        """Rows as an asynchronous policy sends them: the next chunk comes while the one before is under way.

        It answers an observation of `ahead` steps before the end of that, and a policy that thinks for 0.2 s, so its
        first rows are made already when it comes.
        """
        start, covered = self.step, 0
        while covered < len(rows) and self.mode is not Mode.STOPPED:
            at, seen = self.step, self.now_ns
            self.run(THINKING_MS)
            done = at - start
            self.send(self.chunk(rows[done : done + chunk_rows], command_step=at, observation_ns=seen))
            covered = done + chunk_rows
            self._until(at + chunk_rows - ahead)
        self.run(20_000, until=lambda: self.mode is not Mode.RUNNING)

    def _until(self, step: int) -> None:
        self.run(20_000, until=lambda: self.step >= step or self.mode is not Mode.RUNNING)

    def home(self) -> str:
        """Go home, while the robots' time goes on."""
        with self._free():
            return self.bridge.home(self.now_ns)

    def recover(self) -> str:
        """Recover, while the robots' time goes on."""
        with self._free():
            return self.bridge.recover(self.now_ns)

    def start(self) -> None:
        """Follow chunks from now on."""
        self.bridge.tick(self.now_ns)
        self.bridge.start(self.now_ns)

    def afresh(self) -> "Rig":
        """At home and started again, whatever was before; nothing that was told counts any more."""
        self.run(500)
        if self.mode in (Mode.STOPPED, Mode.DISCONNECTED):
            self.recover()
        self.home()
        self.start()
        self.reports.clear()
        self._heard += len(self.new_complaints())
        self.begin = self.positions()
        return self

    def new_complaints(self) -> list[str]:
        """Limits that were broken since `afresh`, with value and limit."""
        return self.server.complaints()[self._heard :]

    def positions(self) -> np.ndarray:
        """Measured end effectors, shape (arms, 3)."""
        self.bridge.tick(self.now_ns)
        return np.array([arm.state.measured.position for arm in self.bridge.snapshot().values()])

    def commanded(self) -> dict[str, Pose]:
        """Commanded pose of each arm."""
        return {name: arm.commanded.pose for name, arm in self.bridge.snapshot().items()}

    def tick_of(self, arm: str) -> int:
        """What an arm's robot counts now; in motion without a look at its state, which belongs to control cycles."""
        driver = self.bridge.arms[arm].driver
        moving = driver.moving_ms()
        return moving if moving is not None else driver.state().robot_time_ms

    def speed(self, arm: str) -> float:
        """m/s commanded, as its robot has it of late."""
        return float(self._speeds(arm, last=2)[1].sum())

    def ticks_to_rest(self, arm: str, since: int) -> int:
        """Ticks after `since` at which the commanded end effector was faster than 1 mm/s for the last time."""
        ids, speeds = self._speeds(arm)
        fast = ids[(ids > since) & (speeds >= SLOW)]
        return int(fast[-1]) - since if len(fast) else 0

    def _speeds(self, arm: str, last: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Message ids and the speeds with which each was reached, of ticks that follow each other."""
        rows = self.server.ticks(self.bridge.arms[arm].config.host, last)
        ids = rows["id"].astype(np.int64)
        way = np.linalg.norm(np.diff(rows["position"], axis=0), axis=1)
        return ids[1:][np.diff(ids) == 1], way[np.diff(ids) == 1] * 1000.0

    def _take_reports(self) -> None:
        self.reports += self.bridge.take_reports()

    def _read_ms(self) -> dict[str, int]:
        return {name: self.tick_of(name) for name in self.bridge.arms}

    def _wait(self, ms: int) -> None:
        """Until so much of the robots' time has gone by, and not more of it; the graph's clock goes with the first's.

        A robot that stands ticks on by itself.
        """
        newest = self._read_ms()
        until = {name: at + ms for name, at in newest.items()}
        self._allow(until)
        end = time.monotonic() + STALL_SECONDS
        while any(now < until[name] for name, now in newest.items()):
            if time.monotonic() > end:
                raise TimeoutError(f"the robot's clock stood still; the bridge is {self.mode.name}")
            time.sleep(POLL_SECONDS)
            newest = self._read_ms()
        first = next(iter(newest))
        self.now_ns += (newest[first] - self._robot_ms) * 1_000_000
        self._robot_ms = newest[first]

    def _allow(self, until: Mapping[str, int]) -> None:
        for name, message_id in until.items():
            self.server.allow(self.bridge.arms[name].config.host, message_id)

    @contextmanager
    def _free(self) -> Iterator[None]:
        """The robots go on by themselves."""
        self._allow(dict.fromkeys(self.bridge.arms, 0))
        try:
            yield
        finally:
            self._wait(CYCLE_MS)


@contextmanager
def rig_at(
    *hosts: str,
    names: Sequence[str] = ("arm",),
    robot: Path = CONFIG / "robots" / "fr3.yaml",
    ticks: bool = False,
    lenient: bool = False,
    **arm: Any,
) -> Iterator[Rig]:
    """A bridge with the hardware's configuration at a strict robot at each host, at home and started.

    Args:
        hosts: loopback addresses, one an arm.
        names: of the arms.
        robot: configuration whose first arm all of them have.
        ticks: whether the robots keep every tick.
        lenient: whether the robots go on where a limit is broken.
        arm: changes to the arms' configuration.
    """
    config = next(iter(load_settings(robot, RobotConfig).arms.values()))
    arms = {
        n: config.model_copy(update={"host": h, "realtime": "ignore", **arm}) for n, h in zip(names, hosts, strict=True)
    }
    with strict_server(hosts, ticks=ticks, lenient=lenient) as server:
        bridge = Bridge(make_arms(RobotConfig(arms=arms), SAFETY, dry_run=False), SAFETY)
        try:
            bridge.connect()
            rig = Rig(bridge, server)
            rig.home()
            rig.start()
            yield rig
        finally:
            for host in hosts:
                server.allow(host, 0)
            bridge.close()

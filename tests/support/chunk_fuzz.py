"""Random and adversarial chunks, and what must hold of all that the follower makes of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from franka_bridge.follower import Follower
from franka_bridge.gate.checks import Measured
from franka_bridge.gate.gate import Gate, make_gate
from franka_bridge.gate.together_checks import ArmsApart
from franka_bridge.reports import Status
from franka_bridge.safety import SafetyConfig
from franka_bridge.targets import Target, Targets
from molmoact_common.chunks import Chunk
from molmoact_common.poses import DeltaFrame, Pose, RotationConvention
from support.fr3 import FR3, READY, target_at
from support.limits_held import assert_apart, assert_held

NANOSECONDS = 1_000_000_000
NUMBERS = (np.nan, np.inf, -np.inf, 1e308, -1e308, 1e300, 1e150, 1e16, 1e-308, 5e-324, 0.0, -0.0, 1.0, -1.0, 0.06)
NASTY = np.array([*NUMBERS, 2 * np.pi, 2 * np.pi + 0.01])
SIDE = 0.25
"""Metres from the middle to the base of each of two arms: near enough for them to get in each other's way."""


@dataclass(slots=True)
class Now:
    """What a sender of chunks can know of the bridge: its clock, its counter, the newest sequence."""

    ns: int
    step: int
    sequence: int


def chunks(random: np.random.Generator, arms: tuple[str, ...], sane: float = 0.5) -> Iterator["Maker"]:
    """Makers of chunks without end; `sane`: share of those that a gate should let in."""
    while True:
        yield Maker(random, arms, sane=bool(random.random() < sane))


@dataclass(frozen=True, slots=True)
class Maker:
    """One chunk, once the bridge is known that it shall meet."""

    random: np.random.Generator
    arms: tuple[str, ...]
    sane: bool

    def make(self, now: Now) -> Chunk:
        """Sane: of any size, direction, convention and delay within reason; else broken in one or several ways."""
        chunk = self._sane(now)
        if self.sane:
            return chunk
        values = {name: getattr(chunk, name) for name in Chunk.__dataclass_fields__}
        for _ in range(int(self.random.integers(1, 4))):
            values |= self._broken(values["deltas"], now)
        return Chunk(**values)

    def _sane(self, now: Now) -> Chunk:
        random, columns = self.random, len(self.arms)
        rows = int(random.integers(1, 12))
        scale = 10.0 ** random.uniform(-6, -1.25)
        deltas = np.empty((rows, columns, 7))
        common = random.standard_normal(3) * random.integers(0, 2)
        deltas[..., :3] = scale * (common + random.standard_normal((rows, columns, 3))) / 3
        deltas[..., 3:6] = 10.0 ** random.uniform(-6, -0.7) * random.standard_normal((rows, columns, 3)) / 3
        deltas[..., 6] = random.uniform(-0.5, 1.5, (rows, columns))
        delay = int(random.integers(0, 4))
        return Chunk(
            sequence=now.sequence + int(random.integers(1, 4)),
            observation_ns=now.ns - int(random.uniform(0, 0.3) * NANOSECONDS),
            command_step=max(0, now.step - delay),
            arms=self.arms,
            deltas=deltas.reshape(rows, -1),
            step_period=float(random.choice([1 / 15, 0.1, 1 / 30, 0.02])),
            frame=DeltaFrame.BASE if random.random() < 0.5 else DeltaFrame.TOOL,
            rotation=RotationConvention.EULER_XYZ if random.random() < 0.5 else RotationConvention.ROTATION_VECTOR,
        )

    def _broken(self, deltas: np.ndarray, now: Now) -> dict[str, object]:
        random = self.random
        nasty = float(random.choice(NASTY))
        any_number = int(random.choice([-1, 0, 1, now.step + 1, 2**31, 2**63 - 1, -(2**63)]))
        spoilt = deltas.astype(np.float64).copy()
        if spoilt.size:
            spoilt.flat[random.integers(0, spoilt.size, random.integers(1, 4))] = nasty
        shapes = [(0, 7), (8, 0), (8, 6), (7,), (2, 2, 7), (8, 14), (1, 7), (200, 7)]
        ways: list[dict[str, object]] = [
            *[{"deltas": spoilt}] * 4,
            {"deltas": deltas * float(random.choice([10.0, 100.0, 1e6, -1e300]))},
            {"deltas": np.full(shapes[random.integers(len(shapes))], float(random.choice([0.0, 0.01, np.nan])))},
            {"sequence": any_number},
            {"command_step": any_number},
            {"observation_ns": now.ns + int(random.choice([-(10**12), 10**12, -(2**62), 4 * 10**9, -4 * 10**9]))},
            {"step_period": nasty},
            {"arms": [(), ("third",), self.arms * 2, (*self.arms[::-1], "x")][random.integers(4)]},
        ]
        return ways[random.integers(len(ways))]


@dataclass(slots=True)
class FollowerFuzz:
    """A follower under fire: time jumps, measured poses lag, and every target that comes out is held to the limits.

    Attributes:
        offered: chunks so far.
        accepted: of those.
        steps: targets that were commanded.
    """

    random: np.random.Generator
    safety: SafetyConfig
    arms: tuple[str, ...] = ("arm",)
    offered: int = 0
    accepted: int = 0
    steps: int = 0
    _now: Now = field(default_factory=lambda: Now(NANOSECONDS, 0, 0))
    _apart: ArmsApart = field(init=False)
    _gate: Gate = field(init=False)
    _follower: Follower = field(init=False)
    _before: Targets = field(init=False)

    def __post_init__(self) -> None:
        sides = {arm: SIDE * (1 - 2 * number) for number, arm in enumerate(self.arms)}
        bases = {arm: Pose(np.array([0.0, y, 0.0]), np.array([0.0, 0.0, 0.0, 1.0])) for arm, y in sides.items()}
        self._apart = ArmsApart(bases, self.safety.arms_apart)
        self._gate = make_gate(self.safety, self.arms, bases=bases)
        self._restart()

    @property
    def acted(self) -> dict[str, int]:
        """How often each check had to act."""
        return dict(self._gate.counts)

    def run(self, number: int) -> Iterator[int]:
        """Offer so many chunks, with control cycles between them; yields how many so far."""
        source = chunks(self.random, self.arms)
        for count in range(1, number + 1):
            self._offer(next(source).make(self._now))
            for _ in range(int(self.random.choice([0, 1, 1, 2, 8]))):
                self._cycle()
            if self.random.random() < 0.01:
                self._restart()
            yield count

    def _restart(self) -> None:
        self._follower = Follower(self._gate, self.safety)
        self._before = {arm: self._anywhere() for arm in self.arms}
        self._follower.start(self._before, self._now.ns, dict.fromkeys(self.arms, FR3))
        self._now.step = self._now.sequence = 0

    def _anywhere(self) -> Target:
        """Ready, or some way from it where the end effector is inside the box."""
        lower, upper = np.array(self.safety.workspace_lower), np.array(self.safety.workspace_upper)
        q = np.clip(READY + self.random.uniform(-1, 1, 7), FR3.limits.lower, FR3.limits.upper)
        there = target_at(q)
        inside = bool(((there.pose.position > lower + 0.01) & (there.pose.position < upper - 0.01)).all())
        return there if inside else target_at(READY)

    def _offer(self, chunk: Chunk) -> None:
        self.offered += 1
        if self._follower.offer(chunk, self._now.ns):
            self.accepted += 1
            self._now.sequence = chunk.sequence
        last = self._follower.take_reports()[-1]
        assert last.status in (Status.ACCEPTED, Status.REFUSED)
        assert (last.reason != "") is (last.status is Status.REFUSED)

    def _cycle(self) -> None:
        jump = self.random.choice([10, 10, 10, 70, 1000, -500]) if self.random.random() < 0.3 else 10
        self._now.ns += int(jump) * 1_000_000
        lag = 0.001 if self.random.random() < 0.95 else 0.08
        measured = {
            arm: Measured(Pose(target.pose.position + lag * self.random.standard_normal(3), target.pose.quaternion))
            for arm, target in self._before.items()
        }
        targets = self._follower.step(self._now.ns, measured)
        self._follower.take_reports()
        if targets is not None:
            self._judge(targets, self._follower.step_time[1] / NANOSECONDS)
            self._before = targets
            self.steps += 1

    def _judge(self, targets: Targets, period: float) -> None:
        step = self._follower.command_step
        assert 0 <= step - self._now.step <= 1
        self._now.step = step
        for arm, target in targets.items():
            assert_held(self.safety, self._before[arm], target, period, self._follower.speed_factor, FR3)
        if len(self.arms) > 1:
            assert_apart(self._apart, self._before, targets, FR3)

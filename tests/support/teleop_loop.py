"""A bridge's follower and gate at 100 Hz around a teleoperator, in time that the test makes."""

from dataclasses import dataclass, field

from demo_recorder.teleop.devices import ArmView
from demo_recorder.teleop.hand import Motion
from demo_recorder.teleop.settings import TeleopSettings
from demo_recorder.teleop.teleoperator import Teleoperator
from franka_bridge.authority import Source
from franka_bridge.follower import Follower
from franka_bridge.gate.checks import Measured
from franka_bridge.gate.gate import make_gate
from franka_bridge.safety import SafetyConfig
from franka_bridge.targets import Target
from support.teleop_views import HOME, MS

TICK_MS = 10
START_NS = 1_000_000_000


def make_teleoperator(arms: tuple[str, ...] = ("arm",), **fields) -> Teleoperator:
    hands = [{"device": "x:y", "arms": [arm]} for arm in arms]
    return Teleoperator(TeleopSettings.model_validate({"name": "t", "arms": arms, "hands": hands, **fields}))


@dataclass
class Loop:
    """A bridge's follower at 100 Hz, and a teleoperator that sees its states and is heard `delay` ticks later."""

    delay: int = 1
    operator: Teleoperator = field(default_factory=make_teleoperator)
    tick: int = 0
    path: list[float] = field(default_factory=list)
    chunks: list = field(default_factory=list)
    statuses: list = field(default_factory=list)

    def __post_init__(self) -> None:
        safety = SafetyConfig()
        self.follower = Follower(make_gate(safety, ("arm",)), safety)
        self.follower.start({"arm": Target(HOME, 1.0)}, START_NS)
        self._on_the_way: list = []

    @property
    def now_ns(self) -> int:
        return START_NS + self.tick * TICK_MS * MS

    def run(self, ticks: int, motion: Motion | None, *, heard: bool = True) -> None:
        for _ in range(ticks):
            self.tick += 1
            self._deliver()
            self._bridge_cycle()
            chunk = self.operator.plan({} if motion is None else {"arm": motion}, {"arm": self.view()})
            if chunk is not None and heard:
                self.chunks.append(chunk)
                self._on_the_way.append((self.tick + self.delay, chunk))

    def _deliver(self) -> None:
        while self._on_the_way and self._on_the_way[0][0] <= self.tick:
            self.follower.offer(self._on_the_way.pop(0)[1], self.now_ns, Source.OPERATOR)

    def _bridge_cycle(self) -> None:
        commanded = self.follower.commanded
        self.follower.step(self.now_ns, {arm: Measured(target.pose) for arm, target in commanded.items()})
        self.statuses += [report.status for report in self.follower.take_reports()]
        self.path.append(float(self.follower.commanded["arm"].pose.position[0]))

    def view(self) -> ArmView:
        target = self.follower.commanded["arm"]
        step, follows = self.follower.command_step, self.follower.following
        return ArmView(self.now_ns, step, target.pose, target.pose, target.opening, target.opening, True, follows)

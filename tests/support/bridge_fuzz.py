"""Random and adversarial chunks through the whole bridge at a robot that judges every tick."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from franka_bridge.state_machine import Mode
from support.bridge_rig import Rig
from support.chunk_fuzz import Maker, Now, chunks
from support.robot_server.judge import Breach, shares

REACH = 0.12
"""Metres from home at which the arm is taken back, so that it stays where an FR3 can go."""
TURN = 0.6
"""The same, rad."""


@dataclass(slots=True)
class BridgeFuzz:
    """A rig under fire.

    Attributes:
        rig: one arm or two.
        random: where chance comes from.
        worst: of each limit, the motion that used most of it.
        stops: reasons for which the bridge stopped by itself; it should never.
        homes: how often the arm was taken back.
    """

    rig: Rig
    random: np.random.Generator
    worst: dict[str, Breach] = field(default_factory=dict)
    stops: list[str] = field(default_factory=list)
    homes: int = 0

    def run(self, number: int) -> Iterator[int]:
        """Send so many chunks, each after a time of its own; yields how many so far."""
        source = chunks(self.random, tuple(self.rig.robots), sane=0.8)
        for count in range(1, number + 1):
            self._send(next(source))
            self.rig.run(int(self.random.choice([10, 100, 300, 900])))
            if self.rig.mode is Mode.STOPPED:
                self.stops.append(self.rig.bridge.reason)
                self.rig.recover()
                self._go_back()
            elif self._far():
                self._go_back()
            yield count
        self.rig.run(3000, until=lambda: self.rig.mode is not Mode.RUNNING)
        self.rig.run(500)
        self._judge()

    def _send(self, maker: Maker) -> None:
        snapshot = next(iter(self.rig.bridge.snapshot().values()))
        chunk = maker.make(Now(self.rig.now_ns, snapshot.command_step, self._newest()))
        self.rig.send(chunk)

    def _newest(self) -> int:
        """Sequences that were accepted since the start, by what was told."""
        return max((report.sequence for report in self.rig.reports[-50:] if not report.reason), default=0)

    def _far(self) -> bool:
        for name, arm in self.rig.bridge.snapshot().items():
            metres, radians = self.rig.homes[name].distance_to(arm.commanded.pose)
            if metres > REACH or radians > TURN:
                return True
        return False

    def _go_back(self) -> None:
        self.rig.run(3000, until=lambda: self.rig.mode is not Mode.RUNNING)
        self.rig.run(300)
        self._judge()
        self.rig.home()
        for robot in self.rig.robots.values():
            robot.robot.record.clear()
        self.rig.reports.clear()
        self.rig.start()
        self.homes += 1

    def _judge(self) -> None:
        for robot in self.rig.robots.values():
            for breach in shares(robot.robot.record.rows()):
                if breach.what not in self.worst or breach.share > self.worst[breach.what].share:
                    self.worst[breach.what] = breach

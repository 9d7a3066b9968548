"""The ramp: evenly from one row's target to the next, so that an arm's speed does not follow the ticks of a timer."""

from collections.abc import Mapping

from franka_bridge.drivers.base import Ahead
from franka_bridge.targets import Targets, part_way
from franka_bridge.timeline import NANOSECONDS
from molmoact_common.poses import Pose

SPACING_NS = 15_000_000
"""Least time between setpoints, so every second cycle of 10 ms: each one preempts a motion, and a planner that is
preempted in mid-acceleration loses some of it."""


class Ramp:
    """Setpoints of every arm on the way to the newest target."""

    def __init__(self) -> None:
        self._from: Mapping[str, Pose] = {}
        self._to: Mapping[str, Pose] = {}
        self._start_ns = 0
        self._period_ns = 1
        self._given_ns = -SPACING_NS

    def rest_at(self, targets: Targets) -> None:
        """Begin at `targets`, with nowhere to go."""
        self._from = self._to = {arm: target.pose for arm, target in targets.items()}

    def head_for(self, targets: Targets, start_ns: int, period_ns: int) -> None:
        """Be at `targets` at `start_ns + period_ns`, from where the setpoint is at `start_ns`.

        `start_ns` is when the step was due: a cycle that comes a little later finds itself on the way already.
        """
        self._from = self.at(start_ns)
        self._to = {arm: target.pose for arm, target in targets.items()}
        self._start_ns, self._period_ns = start_ns, period_ns

    def ahead(self) -> Mapping[str, Ahead]:
        """Where the way of each arm leads, and how fast it is gone; still the same where its time is over."""
        seconds = self._period_ns / NANOSECONDS
        ways = {arm: self._from[arm].distance_to(end) for arm, end in self._to.items()}
        return {arm: Ahead(self._to[arm], metres / seconds, turn / seconds) for arm, (metres, turn) in ways.items()}

    def next(self, now_ns: int) -> Mapping[str, Pose]:
        """The setpoint of each arm, where it is time for another; else nothing."""
        if 0 <= now_ns - self._given_ns < SPACING_NS:
            return {}
        self._given_ns = now_ns
        return self.at(now_ns)

    def at(self, now_ns: int) -> Mapping[str, Pose]:
        """The setpoint of each arm."""
        share = min(max((now_ns - self._start_ns) / self._period_ns, 0.0), 1.0)
        return {arm: part_way(self._from[arm], end, share) for arm, end in self._to.items()}

"""A robot's clock that stands still: the same state again and again is no state."""

from franka_bridge.timeline import NANOSECONDS

LONGEST_CYCLE_NS = 50_000_000
"""A cycle counts as this long at most: a graph's clock that is set forward says nothing about the robot."""


class Stall:
    """Counts how long one robot's counter has not changed, by a clock that is passed in."""

    def __init__(self, limit: float) -> None:
        """`limit` in seconds."""
        self._limit_ns = round(limit * NANOSECONDS)
        self._robot_ms: int | None = None
        self._seen_ns = 0
        self._still_ns = 0

    def look(self, robot_ms: int, now_ns: int) -> str:
        """Why nothing that this robot says can be trusted, or nothing.

        Args:
            robot_ms: the robot's counter.
            now_ns: time of the graph's clock.
        """
        passed = min(max(now_ns - self._seen_ns, 0), LONGEST_CYCLE_NS)
        self._still_ns = self._still_ns + passed if robot_ms == self._robot_ms else 0
        self._robot_ms, self._seen_ns = robot_ms, now_ns
        if self._still_ns <= self._limit_ns:
            return ""
        return f"the robot's clock has stood still for {self._limit_ns / NANOSECONDS:g} s; call recover"

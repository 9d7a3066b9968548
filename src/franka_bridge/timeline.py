"""The timeline: which row of the chunk is due now, one row a call at most, however time jumps."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from franka_bridge.targets import Targets

NANOSECONDS = 1_000_000_000

MADE_UP = 4
"""Lateness below one part in this many of a step is made up by the next, so that the mean rate is exact; more is not,
so that an arm never hurries after a pause."""


@dataclass(frozen=True, slots=True)
class Due:
    """A row whose time has come, and the seconds that it has."""

    targets: Targets
    period: float


class Timeline:
    """Rows of absolute targets against a clock that is passed in (integer nanoseconds)."""

    def __init__(self, speed_factor: float = 1.0) -> None:
        """`speed_factor` (0.05..1) stretches the steps' time."""
        self.speed_factor = speed_factor
        """Takes effect with the next step: the one under way keeps its time, so nothing jumps."""
        self._rows: deque[Targets] = deque()
        self._nominal_ns = 0
        self._period_ns = 0
        self._due_ns = 0
        self._seen_ns = 0

    @property
    def rows_left(self) -> int:
        """Rows not yet commanded."""
        return len(self._rows)

    @property
    def period_ns(self) -> int:
        """Nanoseconds of the step under way; 0 before the first chunk."""
        return self._period_ns

    @property
    def step_start_ns(self) -> int:
        """When the step under way began, as scheduled."""
        return self._due_ns - self._period_ns

    def load(self, rows: Sequence[Targets], period: float, now_ns: int) -> None:
        """Follow `rows` from now on, one each `period` seconds at full speed, in place of what was left.

        The first is due at once, or where the step under way ends, even if that is just over: what the cycle is late by
        is made up as between rows.
        """
        under_way = self._due_ns if self._period_ns else now_ns
        self._rows = deque(rows)
        self._nominal_ns = round(period * NANOSECONDS)
        self._due_ns = min(under_way, now_ns + max(self._period_ns, self._next_period_ns))
        self._seen_ns = now_ns

    def drop_rows(self) -> None:
        """Drop all rows; the step under way keeps its time."""
        self._rows.clear()

    def due(self, now_ns: int) -> Due | None:
        """The row that is due, or none. The same row again until `advance` says that it is done."""
        self._follow_backwards(now_ns)
        if not self._rows or now_ns < self._due_ns:
            return None
        return Due(self._rows[0], self._next_period_ns / NANOSECONDS)

    def advance(self, now_ns: int, *, done: bool) -> None:
        """A target towards the due row was commanded; `done`: it was the row itself."""
        if done:
            self._rows.popleft()
        self._period_ns = self._next_period_ns
        late = now_ns - self._due_ns
        base = self._due_ns if late * MADE_UP <= self._period_ns else now_ns
        self._due_ns = base + self._period_ns

    def ran_out(self, now_ns: int) -> bool:
        """Whether the last row has been commanded and its time is over."""
        self._follow_backwards(now_ns)
        return not self._rows and now_ns >= self._due_ns

    @property
    def _next_period_ns(self) -> int:
        return round(self._nominal_ns / self.speed_factor)

    def _follow_backwards(self, now_ns: int) -> None:
        """A clock set back (a new world) takes the schedule with it; else the arm would wait for the old time."""
        if now_ns < self._seen_ns:
            self._due_ns -= self._seen_ns - now_ns
        self._seen_ns = now_ns

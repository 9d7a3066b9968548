"""Keeps the world from running away from those who must keep up: the policy's answers and the bridge's cycles."""

from dataclasses import dataclass

NANOSECONDS_A_TICK = 1_000_000

GIVE_UP = 60.0
"""Wall seconds after which an observation without an answer holds the world no longer."""


@dataclass(frozen=True, slots=True)
class _Pending:
    sequence: int
    limit_tick: int
    since: float


class Pacer:
    """The limit that an unanswered observation puts on the world; one policy answers one observation at a time.

    Args:
        virtual_latency: seconds of world time that an answer takes, however long it takes on this machine.
        give_up: wall seconds without an answer before the world is released.
    """

    def __init__(self, virtual_latency: float, give_up: float = GIVE_UP) -> None:
        self._latency_ticks = round(virtual_latency * 1000)
        self._give_up = give_up
        self._pending: _Pending | None = None

    def observed(self, sequence: int, stamp_ns: int, now: float) -> None:
        """An observation of world time `stamp_ns` is being answered; an older one no longer counts.

        `now` is wall time in seconds, of any monotonic clock.
        """
        limit = stamp_ns // NANOSECONDS_A_TICK + self._latency_ticks
        self._pending = _Pending(sequence, limit, now)

    def answered(self, sequence: int) -> None:
        """The chunk, or the refusal, of that observation is there."""
        if self._pending is not None and sequence >= self._pending.sequence:
            self._pending = None

    def limit_tick(self) -> int | None:
        """Tick that the world may not pass at normal speed; None: no limit."""
        return self._pending.limit_tick if self._pending is not None else None

    def give_up(self, now: float) -> int | None:
        """Release an observation that waited too long; its sequence, once, for a warning."""
        pending = self._pending
        if pending is None or now - pending.since < self._give_up:
            return None
        self._pending = None
        return pending.sequence


@dataclass(frozen=True, slots=True)
class _Cycle:
    limit_tick: int
    since: float


class ControlPacer:
    """The limit that the bridge's control cycle puts on the world: the slowest of all arms holds it back.

    On a busy machine the cycle comes late in wall time; the world waits, so that it does not come late in world time.

    Args:
        lead: seconds of world time that the world may be ahead of the bridge's last cycle; half of the watchdog's.
        give_up: wall seconds without a cycle after which an arm counts as gone and holds nobody.
    """

    def __init__(self, lead: float = 0.05, give_up: float = 1.0) -> None:
        self._lead_ticks = round(lead * 1000)
        self._give_up = give_up
        self._heard: dict[str, _Cycle] = {}

    def cycled(self, arm: str, stamp_ns: int, now: float) -> None:
        """The bridge made a control cycle of an arm at world time `stamp_ns`; `now` is wall time as in `Pacer`."""
        self._heard[arm] = _Cycle(stamp_ns // NANOSECONDS_A_TICK + self._lead_ticks, now)

    def limit_tick(self, now: float) -> int | None:
        """Tick that the world may not pass at normal speed; None: no limit."""
        fresh = [cycle.limit_tick for cycle in self._heard.values() if now - cycle.since < self._give_up]
        return min(fresh, default=None)

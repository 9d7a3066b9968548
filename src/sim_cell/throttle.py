"""When the world may make its next tick: real time at most, slow ticks while it is held, no burst after a delay."""

from dataclasses import dataclass
from math import ceil, floor

TICK = 0.001
"""One step of the world, seconds: the period of the Franka control interface."""

SLOW_TICK = 0.25
"""Wall seconds between ticks of a held world: libfranka gives up after about 1 s without a packet."""


@dataclass(slots=True)
class Throttle:
    """Spreads ticks over wall time.

    Attributes:
        rate: world seconds a wall second, at most; 0: as fast as it goes.
        backlog: wall seconds that may be caught up after a delay.
    """

    rate: float = 1.0
    backlog: float = 0.005
    _due: float = 0.0
    _last: float = 0.0

    def wait(self, now: float, *, held: bool) -> float:
        """Seconds to wait before the next tick; not above 0: make it now. `now` is any monotonic clock's."""
        if held:
            return self._last + SLOW_TICK - now
        return self._due - now if self.rate else 0.0

    def ticked(self, now: float) -> None:
        """A tick was made at `now`."""
        self._last = now
        if self.rate:
            self._due = max(self._due, now - self.backlog) + TICK / self.rate


def frame_tick(number: int, rate: float) -> int:
    """Tick at which picture `number` (0, 1, ...) of a camera with `rate` pictures a second is seen."""
    return ceil(number * 1000 / rate)


def frame_number(tick: int, rate: float) -> int:
    """Number of the newest picture due at or before `tick`."""
    number = floor(tick * rate / 1000)
    return number + 1 if frame_tick(number + 1, rate) <= tick else number


def is_held(tick: int, hold_tick: int, rendered_tick: int, rate: float) -> bool:
    """Whether the world must go slow.

    Args:
        tick: where the world is.
        hold_tick: where the pacer wants it to stay.
        rendered_tick: newest tick whose pictures are out; -1: nobody renders.
        rate: pictures a second; the world waits for the renderer rather than leave a picture out.
    """
    # One tick before the next but one is due, or the renderer would skip the next.
    behind = rendered_tick >= 0 and tick + 1 >= frame_tick(frame_number(rendered_tick, rate) + 2, rate)
    return tick >= hold_tick or behind

"""How evenly an arm's states come: their periods by several clocks, and how far off 10 ms they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.results import SPREAD, Row, Section, spread
from molmoact_common.errors import UserError

PERIOD_MS = 10.0
"""The bridge publishes one state a control cycle, at 100 Hz."""


@dataclass(frozen=True, slots=True)
class ArmTime:
    """Times of one state.

    Attributes:
        number: count of the publisher; a gap is a state that never came here.
        stamp_ns: of the message, in the graph's clock.
        robot_ms: the robot's own counter of 1 ms ticks.
        sent_ns: when the middleware sent it, on the wall.
        received_ns: when the middleware of this process had it, on the wall.
    """

    number: int
    stamp_ns: int
    robot_ms: int
    sent_ns: int
    received_ns: int


CLOCKS: dict[str, Callable[[ArmTime], float]] = {
    "sent, wall clock": lambda time: time.sent_ns / 1e6,
    "robot's 1 ms counter": lambda time: float(time.robot_ms),
    "stamp, graph's clock": lambda time: time.stamp_ns / 1e6,
}
"""Clock -> milliseconds of a state by it."""


def state_section(times: Sequence[ArmTime]) -> Section:
    """Periods and jitter by each clock, and the way from publisher to subscriber.

    Raises:
        UserError: no two states that follow each other.
    """
    pairs = successive(times)
    if not pairs:
        raise UserError("the arm sent no states while it followed chunks; see the bridge's log")
    rows: dict[str, Row] = {}
    for clock, of in CLOCKS.items():
        periods = [of(later) - of(earlier) for earlier, later in pairs]
        rows[f"period: {clock}"] = spread(periods)
        rows[f"jitter: {clock}"] = spread([abs(period - PERIOD_MS) for period in periods])
    rows["publisher to subscriber"] = spread([(time.received_ns - time.sent_ns) / 1e6 for time in times])
    lost = times[-1].number - times[0].number + 1 - len(times)
    note = (
        f"One state a control cycle of the bridge: its period is the tick's. Jitter: distance from 10 ms. Lost: {lost}."
    )
    return Section("arm state (ms)", SPREAD, rows, note)


def successive(times: Sequence[ArmTime]) -> list[tuple[ArmTime, ArmTime]]:
    """Pairs of states between which none was lost."""
    return [(earlier, later) for earlier, later in pairwise(times) if later.number == earlier.number + 1]


def real_time_factor(times: Sequence[ArmTime]) -> float:
    """Seconds of the robot's counter a second on the wall, from the first state to the last."""
    first, last = times[0], times[-1]
    return (last.robot_ms - first.robot_ms) * 1e6 / (last.sent_ns - first.sent_ns)

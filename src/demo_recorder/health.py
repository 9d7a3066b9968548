"""How a recording does: rates, losses, frozen views, clocks and disk against the rules of its contract."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from demo_recorder.arrivals import Arrivals
from demo_recorder.contract import Action, RecordingContract, TopicContract
from molmoact_common.ros.stamps import NANOSECONDS

MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Counted:
    """The writer's side of a recording, by topic: messages written, dropped before the disk, refused and why."""

    written: Mapping[str, int]
    dropped: Mapping[str, int]
    refused: Mapping[str, str]
    free_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class RecordingHealth:
    """One report.

    Attributes:
        warnings: one line each, the worst first.
        ending: the first broken rule whose action is to end the take; empty: none.
        rates: topic -> messages a second.
        written: topic -> messages in the bag.
        lost: topic -> messages known to be lost.
    """

    warnings: tuple[str, ...]
    ending: str
    rates: Mapping[str, float]
    written: Mapping[str, int]
    lost: Mapping[str, int]


class HealthMonitor:
    """Judges one recording; knows what came, and keeps the reports of the last seconds."""

    def __init__(self, contract: RecordingContract, heard: Mapping[str, int] | None = None) -> None:
        """`heard`: topic -> the publisher's count of the newest message before the recording."""
        self._contract = contract
        self._rules = contract.health
        pictures, last = self._rules.frozen != "off", heard or {}
        self._arrivals = {
            topic.name: Arrivals(topic.type, pictures=pictures, last=last.get(topic.name)) for topic in contract.topics
        }
        self._past: deque[tuple[int, Mapping[str, int]]] = deque()
        self._ages: dict[str, float] = {}

    def seen(self, topic: str, now_ns: int, raw: bytes, number: int | None = None) -> None:
        """A message came; see `Arrivals.seen`."""
        self._arrivals[topic].seen(now_ns, raw, number)

    def lost(self, topic: str) -> int:
        """Messages of a topic that were lost on their way here."""
        return self._arrivals[topic].lost

    def report(self, now_ns: int, counted: Counted) -> RecordingHealth:
        """The report for `now_ns` (nanoseconds of the clock of `seen`)."""
        rates = self._rates(now_ns, counted.written)
        lost = {name: counted.dropped.get(name, 0) + came.lost for name, came in self._arrivals.items()}
        broken = list(self._broken(now_ns, rates, lost, counted.free_bytes))
        told = [f"{topic}: {why}" for topic, why in counted.refused.items()]
        told += [text for action, text in broken if action != "off"]
        silent = [t.name for t in self._contract.topics if not t.optional and not counted.written.get(t.name)]
        if silent:
            told.append(f"nothing yet on {', '.join(silent)}")
        ending = next((text for action, text in broken if action == "end"), "")
        return RecordingHealth(tuple(told), ending, rates, dict(counted.written), lost)

    def _rates(self, now_ns: int, written: Mapping[str, int]) -> dict[str, float]:
        """Over the window; a clock that stands still (a simulated one may) changes nothing."""
        if self._past and now_ns < self._past[-1][0]:
            self._past.clear()
        if not self._past or now_ns > self._past[-1][0]:
            self._past.append((now_ns, dict(written)))
        window_ns = self._rules.window * NANOSECONDS
        while len(self._past) > 2 and self._past[-1][0] - self._past[1][0] >= window_ns:
            self._past.popleft()
        (first_ns, first), (last_ns, last) = self._past[0], self._past[-1]
        seconds = (last_ns - first_ns) / NANOSECONDS
        return {name: (last.get(name, 0) - first.get(name, 0)) / seconds if seconds else 0.0 for name in self._arrivals}

    def _broken(
        self, now_ns: int, rates: Mapping[str, float], lost: Mapping[str, int], free_bytes: int | None
    ) -> Iterator[tuple[Action, str]]:
        """Every rule that is broken, the worst first."""
        rules = self._rules
        if sum(lost.values()) > rules.drops_limit:
            worst = max(lost, key=lambda name: lost[name])
            yield rules.drops, f"{sum(lost.values())} messages lost, most of them ({lost[worst]}) on {worst}"
        for name, came in self._arrivals.items():
            if (seconds := came.frozen_for(now_ns)) >= rules.frozen_after:
                yield rules.frozen, f"{name} has shown one picture for {seconds:.1f} s; check the camera"
        if (skew := self._skew()) is not None:
            yield rules.skew, skew
        for topic in self._contract.topics:
            if self._slow(topic, rates[topic.name]):
                yield rules.rate, f"{topic.name}: {rates[topic.name]:.1f} Hz, at least {topic.min_rate:g} are required"
        if free_bytes is not None and free_bytes < rules.disk_free_mb * MEBIBYTE:
            yield rules.disk, f"{free_bytes // MEBIBYTE} MiB left on the disk; free some space"

    def _slow(self, topic: TopicContract, rate: float) -> bool:
        """Judged over whole windows only, so that neither the start nor a standing clock is taken for slowness."""
        seconds = (self._past[-1][0] - self._past[0][0]) / NANOSECONDS
        return rate < topic.min_rate and seconds >= self._rules.window

    def _skew(self) -> str | None:
        for name, came in self._arrivals.items():
            if (age := came.take_age()) is not None:
                self._ages[name] = age
        if not self._ages:
            return None
        oldest, newest = (pick(self._ages, key=lambda name: self._ages[name]) for pick in (max, min))
        skew = self._ages[oldest] - self._ages[newest]
        if skew <= self._rules.skew_limit:
            return None
        return f"stamps of {oldest} are {skew:.2f} s older than those of {newest}; check the clocks"

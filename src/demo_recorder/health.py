"""What a running recording reports once a second: rates, drops and silent topics."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from demo_recorder.contract import RecordingContract


@dataclass(frozen=True, slots=True)
class RecordingHealth:
    """One report.

    Attributes:
        good: nothing was dropped and every topic that is not optional has been heard.
        message: one line.
        values: topic -> rate since the last report, messages written, drops.
    """

    good: bool
    message: str
    values: Mapping[str, str]


@dataclass(slots=True)
class HealthMonitor:
    """Turns counts into reports; keeps those of the report before."""

    contract: RecordingContract
    _last_ns: int = 0
    _last_counts: dict[str, int] = field(default_factory=dict)

    def report(
        self, now_ns: int, counts: Mapping[str, int], drops: Mapping[str, int], refusals: Mapping[str, str]
    ) -> RecordingHealth:
        """The report for `now_ns` (nanoseconds of any one clock); counts, drops and refusals are by topic."""
        elapsed = (now_ns - self._last_ns) / 1e9
        values = {}
        for topic, count in counts.items():
            rate = (count - self._last_counts.get(topic, 0)) / elapsed if self._last_ns and elapsed > 0 else 0.0
            values[topic] = f"{rate:.1f} Hz, {count} written, {drops.get(topic, 0)} dropped"
        self._last_ns, self._last_counts = now_ns, dict(counts)
        problems = self._problems(counts, drops, refusals)
        return RecordingHealth(not problems, "; ".join(problems) or "recording", values)

    def _problems(self, counts: Mapping[str, int], drops: Mapping[str, int], refusals: Mapping[str, str]) -> list[str]:
        problems = [f"{topic}: {why}" for topic, why in refusals.items()]
        if lost := sum(drops.values()):
            problems.append(f"{lost} messages dropped")
        silent = [t.name for t in self.contract.topics if not t.optional and not counts.get(t.name)]
        if silent:
            problems.append(f"nothing yet on {', '.join(silent)}")
        return problems

"""CPU and memory of several processes over a while."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import psutil

from bench.results import Section


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used so far (CPU seconds, user and system, all threads) and holds now (bytes resident)."""

    cpu_seconds: float
    resident_bytes: int


def usage_of(pid: int) -> Usage | None:
    """Usage of a process; None where it is no more."""
    try:
        process = psutil.Process(pid)
        times = process.cpu_times()
        return Usage(times.user + times.system, process.memory_info().rss)
    except psutil.NoSuchProcess:
        return None


@dataclass(slots=True)
class _Span:
    began: float
    first: Usage
    ended: float
    last: Usage
    most_bytes: int


@dataclass(slots=True)
class UsageLog:
    """Usage by process name, from the first sample of each to its last; seconds of one clock are passed in."""

    look: Callable[[int], Usage | None] = usage_of
    _spans: dict[str, _Span] = field(default_factory=dict)

    def sample(self, processes: Mapping[str, int], now: float) -> None:
        """Look at each of the processes (name -> id)."""
        for name, pid in processes.items():
            usage = self.look(pid)
            if usage is None:
                continue
            span = self._spans.setdefault(name, _Span(now, usage, now, usage, 0))
            span.ended, span.last = now, usage
            span.most_bytes = max(span.most_bytes, usage.resident_bytes)

    def section(self) -> Section:
        """A row a process that was seen twice or more, the busiest first, and their sum."""
        rows = {
            name: (
                (span.last.cpu_seconds - span.first.cpu_seconds) / (span.ended - span.began) * 100,
                span.most_bytes / 2**20,
            )
            for name, span in self._spans.items()
            if span.ended > span.began
        }
        ordered = dict(sorted(rows.items(), key=lambda item: -item[1][0]))
        total = (sum(cpu for cpu, _ in rows.values()), sum(memory for _, memory in rows.values()))
        note = "While the arm follows chunks. Resident memory counts pages that processes share in each of them."
        return Section("processes", ("CPU (% of a core)", "resident (MiB)"), {**ordered, "sum": total}, note)

"""How long control cycles take and how regularly they come, over the last second."""

from collections import deque

import numpy as np

WINDOW_SECONDS = 1.0


class CycleTimes:
    """Begins and ends of cycles on a clock that is passed in (seconds, only rising)."""

    def __init__(self) -> None:
        self._cycles: deque[tuple[float, float]] = deque()

    def add(self, begin: float, end: float) -> None:
        """One cycle; what is older than the window is forgotten, but never the newest one, however long it took."""
        self._cycles.append((begin, end))
        while len(self._cycles) > 1 and self._cycles[0][0] < end - WINDOW_SECONDS:
            self._cycles.popleft()

    def figures(self) -> dict[str, str]:
        """Duration p50, p99 and maximum, and the longest time from one begin to the next, in ms; empty without any."""
        if not self._cycles:
            return {}
        begins, ends = 1000.0 * np.array(self._cycles).T
        median, p99, longest = np.percentile(ends - begins, [50, 99, 100])
        period = np.diff(begins).max(initial=0.0)
        values = {"tick_p50_ms": median, "tick_p99_ms": p99, "tick_max_ms": longest, "period_max_ms": period}
        return {name: f"{value:.2f}" for name, value in values.items()}

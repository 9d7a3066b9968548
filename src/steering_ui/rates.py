"""How often something may happen: a bucket of tokens that fills by itself."""


class TokenBucket:
    """At most `burst` at once and `rate` a second in the long run; time in seconds is passed in."""

    def __init__(self, *, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._then: float | None = None

    def take(self, now: float) -> bool:
        """Whether one more may happen now."""
        passed = 0.0 if self._then is None else max(0.0, now - self._then)
        self._then = now
        self._left = min(self._burst, self._left + passed * self._rate)
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True

"""What a planner's failure leads to: one more try from rest, bounded in the robot's time."""

REST_MS = 20
"""The arm stands for so long before the target is sent again."""

PATIENCE_MS = 1000
"""So long the arm may take to come to rest; a motion that breaks off at 250 mm/s is at rest within a tenth of it."""

ROW_MS = 1000
"""A failure within so long of a second try is the second in a row."""


class Replan:
    """State of the try; time is the robot's own, in milliseconds."""

    def __init__(self) -> None:
        self._failed_ms: int | None = None
        self._moved_ms = 0
        self._retried_ms: int | None = None

    @property
    def waiting(self) -> bool:
        """Whether a target waits for the arm to come to rest."""
        return self._failed_ms is not None

    def failed(self, ms: int) -> bool:
        """A plan failed; whether there is another try."""
        if self._retried_ms is not None and ms - self._retried_ms < ROW_MS:
            self.forget()
            return False
        self._failed_ms = self._moved_ms = ms
        return True

    def ready(self, ms: int, *, stands: bool) -> bool:
        """Whether it is time for the second try, which the caller then makes; `stands`: the arm does not move."""
        if self._failed_ms is None:
            return False
        if not stands:
            self._moved_ms = ms
        if ms - self._moved_ms < REST_MS:
            return False
        self._failed_ms, self._retried_ms = None, ms
        return True

    def overdue(self, ms: int) -> bool:
        """Whether the arm should have come to rest by now."""
        return self._failed_ms is not None and ms - self._failed_ms > PATIENCE_MS

    def forget(self) -> None:
        """Nothing is to be tried again."""
        self._failed_ms = self._retried_ms = None

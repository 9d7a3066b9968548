"""The arms' recent past: where each arm was commanded to be, and after how many steps, when an image was taken."""

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass

from molmoact.runtime.observation import ArmObservation

STATES_KEPT = 1000
"""Ten seconds of the bridge's 100 Hz."""


@dataclass(frozen=True, slots=True)
class ArmRecord:
    """One state of one arm: stamp (nanoseconds), steps commanded so far, whether it follows chunks, and where it is."""

    stamp_ns: int
    command_step: int
    following: bool
    arm: ArmObservation


class ArmHistory:
    """States of one arm in the order of their stamps."""

    def __init__(self, stale_after_ns: int) -> None:
        self._records: deque[ArmRecord] = deque(maxlen=STATES_KEPT)
        self._stale_after_ns = stale_after_ns

    @property
    def newest(self) -> ArmRecord | None:
        """The newest state; None before the first."""
        return self._records[-1] if self._records else None

    def add(self, record: ArmRecord) -> None:
        """Take in one state. A stamp or a counter that falls means a new bridge or a clock step: start afresh."""
        last = self.newest
        if last and (record.stamp_ns < last.stamp_ns or record.command_step < last.command_step):
            self._records.clear()
        self._records.append(record)

    def at(self, stamp_ns: int) -> ArmRecord | None:
        """The state that held at `stamp_ns`.

        None while no state at or after the stamp has come (a step may still be reported before it), and where the
        last one before it is too old to say anything.
        """
        newest = self.newest
        if newest is None or newest.stamp_ns < stamp_ns:
            return None
        index = bisect_right(self._records, stamp_ns, key=lambda record: record.stamp_ns) - 1
        if index < 0 or stamp_ns - self._records[index].stamp_ns > self._stale_after_ns:
            return None
        return self._records[index]

"""What became of a chunk, as the bridge tells it."""

from dataclasses import dataclass, field, replace
from enum import IntEnum

from franka_bridge.authority import Source
from molmoact_common.chunks import Chunk, Ledger


class Status(IntEnum):
    """As in ChunkStatus.msg."""

    ACCEPTED = 0
    FINISHED = 1
    REFUSED = 2
    DISCARDED = 3
    REPLACED = 4


@dataclass(frozen=True, slots=True)
class ChunkReport:
    """What became of a chunk of `source`; the other fields as in ChunkStatus.msg."""

    source: Source
    stamp_ns: int
    sequence: int
    status: Status
    entry_step: int
    steps_done: int
    reason: str
    clipped: tuple[str, ...]
    ledger: Ledger


@dataclass(slots=True)
class Followed:
    """The chunk that is being commanded."""

    chunk: Chunk
    source: Source
    entry_step: int
    ledger: Ledger
    rows_done: int = 0
    clipped: dict[str, None] = field(default_factory=dict)  # a set that keeps the order
    waiting_since_ns: int | None = None

    def report(self, status: Status, now_ns: int, reason: str = "") -> ChunkReport:
        """As things stand; `reason` as in ChunkStatus.msg."""
        return ChunkReport(
            source=self.source,
            stamp_ns=now_ns,
            sequence=self.chunk.sequence,
            status=status,
            entry_step=self.entry_step,
            steps_done=self.rows_done,
            reason=reason,
            clipped=tuple(self.clipped),
            ledger=replace(self.ledger),
        )

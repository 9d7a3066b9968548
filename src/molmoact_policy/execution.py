"""When to look again: after the whole chunk (open loop), or while the last one still runs (async)."""

from typing import Literal

ExecutionMode = Literal["open_loop", "async"]

GRACE_NS = 2_000_000_000
"""Beyond a chunk's own length at the slowest speed factor: then its end was lost, and the policy looks again."""


class ExecutionGate:
    """Says from which stamp on an observation may be taken, or that none may.

    In open loop an observation must be newer than the end of the last chunk, so that it shows what the chunk did
    (LIBERO's protocol). In async it need only be newer than the last observation.
    """

    def __init__(self, mode: ExecutionMode, longest_chunk_ns: int) -> None:
        """`longest_chunk_ns`: a chunk's duration at the slowest speed that the bridge may run it."""
        self._mode = mode
        self._patience_ns = longest_chunk_ns + GRACE_NS
        self._after_ns = 0
        self._awaited: int | None = None
        self._give_up_ns = 0

    def observe_after(self, now_ns: int) -> int | None:
        """Stamp that an observation must be newer than; None while the last chunk has to end first."""
        if self._awaited is not None and now_ns < self._give_up_ns:
            return None
        self._awaited = None
        return self._after_ns

    def observed(self, stamp_ns: int) -> None:
        """An observation with this stamp is being answered."""
        self._after_ns = max(self._after_ns, stamp_ns)

    def sent(self, sequence: int, now_ns: int) -> None:
        """A chunk went to the bridge."""
        if self._mode == "open_loop":
            self._awaited = sequence
            self._give_up_ns = now_ns + self._patience_ns

    def ended(self, sequence: int, stamp_ns: int) -> None:
        """The bridge is through with a chunk (finished, refused or discarded)."""
        if sequence == self._awaited:
            self._awaited = None
            self._after_ns = max(self._after_ns, stamp_ns)

    def restart(self) -> None:
        """The clock stepped back: stamps seen so far mean nothing any more."""
        self._after_ns = 0
        self._awaited = None

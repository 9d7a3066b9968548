"""Chunks on their way from policy to bridge: passed on, or kept until a person has said yes; no answer means hold."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from molmoact_common.ros.stamps import NANOSECONDS
from steering_ui.errors import RefusedError


class Mode(StrEnum):
    """What happens to a chunk that comes."""

    PASS = "pass"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A chunk that a policy proposes.

    Attributes:
        sequence: of the chunk.
        observation_ns: stamp of what it answers, graph's clock.
        rows: how many it has.
        message: the chunk itself; it goes on unchanged, or with fewer rows.
    """

    sequence: int
    observation_ns: int
    rows: int
    message: Any = None


@dataclass(frozen=True, slots=True)
class Relayed:
    """A proposal goes on to the bridge with its first `rows` rows."""

    proposal: Proposal
    rows: int


@dataclass(frozen=True, slots=True)
class Declined:
    """Nothing of a proposal goes on; `why` in one line."""

    proposal: Proposal
    why: str


Outcome = Relayed | Declined


class ApprovalDesk:
    """At most one proposal waits; the newest counts. Times are nanoseconds of the graph's clock, passed in."""

    def __init__(self, mode: Mode, limit: float) -> None:
        """`limit`: seconds after its observation at which a chunk is too old, somewhat before the bridge says so."""
        self.mode = mode
        self.held = ""
        """Why everything is held; empty: it is not."""
        self.waiting: Proposal | None = None
        self._limit_ns = round(limit * NANOSECONDS)

    def proposed(self, proposal: Proposal, now_ns: int) -> list[Outcome]:
        """A policy proposes a chunk."""
        older = self._declined("approval: a newer chunk was proposed")
        if not self.held and self.mode is Mode.PASS:
            return [*older, Relayed(proposal, proposal.rows)]
        self.waiting = proposal
        return [*older, *self.look(now_ns)]

    def decide(self, sequence: int, *, approved: bool, rows: int | None, now_ns: int) -> list[Outcome]:
        """A person answers; `rows`: only the first ones.

        Raises:
            RefusedError: that chunk does not wait (any more), has fewer rows, or everything is held.
        """
        proposal = self.waiting
        if proposal is None or proposal.sequence != sequence:
            raise RefusedError(f"chunk {sequence} does not wait for an answer (any more)")
        if not approved:
            return self._declined("approval: a person said no")
        if self.held:
            raise RefusedError(f"held ({self.held}); resume first")
        if late := self.look(now_ns):
            return late
        if rows is not None and rows > proposal.rows:
            raise RefusedError(f"chunk {sequence} has {proposal.rows} rows, not {rows}")
        self.waiting = None
        return [Relayed(proposal, rows or proposal.rows)]

    def set_mode(self, mode: Mode) -> list[Outcome]:
        """Ask from now on, or pass on; what waits was not approved, so the policy looks again."""
        self.mode = mode
        return self._declined("approval: no longer asked for") if mode is Mode.PASS and not self.held else []

    def hold(self, why: str) -> None:
        """Let nothing pass until `resume`."""
        self.held = self.held or why

    def resume(self) -> list[Outcome]:
        """Go on; what waited saw the scene before, so the policy looks again."""
        self.held = ""
        return self._declined("approval: held meanwhile")

    def look(self, now_ns: int) -> list[Outcome]:
        """Time goes on: a proposal that got no answer in time is declined. To be called a few times a second."""
        left = self.left(now_ns)
        return self._declined("approval: no answer in time") if left is not None and left <= 0 else []

    def left(self, now_ns: int) -> float | None:
        """Seconds in which the waiting proposal can still be approved; None: nothing waits."""
        if self.waiting is None:
            return None
        return (self.waiting.observation_ns + self._limit_ns - now_ns) / NANOSECONDS

    def _declined(self, why: str) -> list[Outcome]:
        waiting, self.waiting = self.waiting, None
        return [] if waiting is None else [Declined(waiting, why)]

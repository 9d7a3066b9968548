"""Who may move the arms: an operator goes before the policy, and the policy may need an operator at hand."""

from enum import StrEnum

from franka_bridge.timeline import NANOSECONDS


class Source(StrEnum):
    """Where a chunk comes from."""

    POLICY = "policy"
    OPERATOR = "operator"


class Authority:
    """Judges by when an operator was heard of last; time is passed in (integer nanoseconds)."""

    def __init__(self, *, presence_required: bool, presence_patience: float, operator_patience: float) -> None:
        """Set the rules.

        Args:
            presence_required: whether the policy moves arms only while a dead-man switch is held.
            presence_patience: seconds that a report of the switch is good for.
            operator_patience: seconds after an operator's chunk in which the policy's are refused.
        """
        self._presence_required = presence_required
        self._presence_ns = round(presence_patience * NANOSECONDS)
        self._operator_ns = round(operator_patience * NANOSECONDS)
        self._held_ns: int | None = None
        self._chunk_ns: int | None = None

    def presence(self, held: bool, now_ns: int) -> None:
        """A report of the dead-man switch."""
        self._held_ns = now_ns if held else None

    def operator_chunk(self, now_ns: int) -> None:
        """An operator's chunk came."""
        self._chunk_ns = now_ns

    def objection(self, source: Source, observation_ns: int, now_ns: int) -> str:
        """Why a chunk may not move the arms, or nothing.

        Args:
            source: whose it is.
            observation_ns: stamp of what it answers; one that the operator has changed since is of no use.
            now_ns: time of the graph's clock.
        """
        if source is Source.OPERATOR:
            return ""
        if _within(self._chunk_ns, now_ns, self._operator_ns):
            return "operator: has control"
        if self._chunk_ns is not None and observation_ns < self._chunk_ns + self._operator_ns <= now_ns:
            return "operator: had control at its observation"
        return self.unattended(source, now_ns)

    def unattended(self, source: Source, now_ns: int) -> str:
        """Why motion of `source` must end, or nothing. Teleoperation has a dead-man switch of its own."""
        if source is Source.OPERATOR or not self._presence_required:
            return ""
        if _within(self._held_ns, now_ns, self._presence_ns):
            return ""
        return f"presence: no dead-man switch was held for {self._presence_ns / 1e6:.0f} ms"


def _within(then_ns: int | None, now_ns: int, patience_ns: int) -> bool:
    """Whether `then` is near `now`; on either side, since a clock may be set back."""
    return then_ns is not None and abs(now_ns - then_ns) <= patience_ns

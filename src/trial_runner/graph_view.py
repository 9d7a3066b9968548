"""What a running graph looks like from outside: the newest states, and counts of what happened to the chunks."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class GraphView:
    """Filled by a client, read by scripts; plain numbers and words, no messages.

    Attributes:
        arm_modes: arm name -> word of ArmState's mode.
        arm_reasons: arm name -> why it is in that mode.
        world_ns: newest stamp seen in an arm state, nanoseconds of the graph's clock.
        success: the cell's condition holds (False without a cell).
        progress: 0..1 of the cell's task.
        instruction: the cell's own instruction for its task and seed.
        seed: of the cell's placement; -1 before the first cell state.
        policy: the policy's newest diagnostics message; empty before the first.
        accepted: chunks that the bridge entered.
        executed: chunks by which the arm moved: to their end, or until a newer one took over.
        refused: chunks that the bridge refused whole, newest reason last.
        answers_refused: answers that never became a chunk, newest reason last.
    """

    arm_modes: dict[str, str] = field(default_factory=dict)
    arm_reasons: dict[str, str] = field(default_factory=dict)
    world_ns: int = 0
    success: bool = False
    progress: float = 0.0
    instruction: str = ""
    seed: int = -1
    policy: str = ""
    accepted: int = 0
    executed: int = 0
    refused: list[str] = field(default_factory=list)
    answers_refused: list[str] = field(default_factory=list)

    def all_in(self, *modes: str) -> bool:
        """Every arm that reported is in one of `modes`, and at least one did report."""
        return bool(self.arm_modes) and all(mode in modes for mode in self.arm_modes.values())

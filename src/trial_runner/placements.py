"""The episodes of a bag: each placement of the cell's objects in which the policy was asked for a chunk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from demo_recorder.records import CellRecord
from trial_runner.run_data import RunData


@dataclass(frozen=True, slots=True)
class Placement:
    """One episode as its bag tells it.

    Attributes:
        seed: placement of the objects.
        instruction: what the robot was asked to do.
        success: the cell said so after the first observation; before it, it may tell of the episode before.
        finished: chunks of which every step was commanded.
        begun_ns: stamp of the first observation.
        world_seconds: from the first observation to success, or else to the last that was made of a chunk.
    """

    seed: int
    instruction: str
    success: bool
    executed: int
    begun_ns: int
    world_seconds: float


def placements(run: RunData) -> list[Placement]:
    """In the order in which they were run; empty where nothing tells (hardware)."""
    groups = (list(group) for _, group in groupby(run.cells, key=lambda cell: cell.seed))
    return [placement for cells in groups for placement in _placement(run, cells)]


def _placement(run: RunData, cells: Sequence[CellRecord]) -> Iterator[Placement]:
    """One, or none where no chunk was asked for."""
    stories = [s for s in run.stories if cells[0].stamp_ns <= s.observed_ns <= cells[-1].stamp_ns]
    if not stories:
        return
    begun_ns = min(story.observed_ns for story in stories)
    solved_ns = [cell.stamp_ns for cell in cells if cell.success and cell.stamp_ns >= begun_ns]
    made_ns = [max(story.observed_ns, story.ledger.action, story.ledger.last_step_applied) for story in stories]
    asked = [story.reasoning.instruction for story in stories if story.reasoning is not None]
    yield Placement(
        seed=cells[0].seed,
        instruction=asked[-1] if asked else cells[-1].instruction,
        success=bool(solved_ns),
        executed=sum(story.executed for story in stories),
        begun_ns=begun_ns,
        world_seconds=(min(solved_ns, default=max(made_ns)) - begun_ns) / 1e9,
    )

"""Proof that a bag gives what the policy saw live: its recorded observations against the same buffer fed offline."""

from collections import deque
from dataclasses import dataclass
from pathlib import Path

from demo_recorder.dataset.ordering import by_stamp, stamp_of
from demo_recorder.dataset.rows import RowSampler
from demo_recorder.reading import BagReader
from demo_recorder.records import ArmRecord, ImageRecord, ReasoningRecord
from molmoact.profile import CheckpointProfile
from molmoact.runtime.streams import StreamBuffer
from molmoact.runtime.views import ViewSet
from molmoact_common.chunks import Chunk

Moment = tuple[tuple[int, ...], int | None]
"""Exposures of the views, and the command-step counter then (None: no chunk tells it)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One observation: what the policy had, and what the bag gives for its stamp (None: nothing that fits)."""

    sequence: int
    live: Moment
    offline: Moment | None

    @property
    def same(self) -> bool:
        """Whether the bag gives what was seen."""
        return self.live == self.offline


def compare(bag: Path, profile: CheckpointProfile, view_tolerance: float = 0.035) -> list[Seen]:
    """Every recorded observation, held against what a conversion sees at its stamp.

    Args:
        bag: of a policy's run.
        profile: of that policy.
        view_tolerance: as the policy node had it, seconds.

    Raises:
        BagError: no closed bag, or a message that cannot be decoded.
        RefusedTakeError: states of the arms are missing.
    """
    with BagReader(bag) as reader:
        waiting = deque(sorted(_observations(reader), key=lambda found: found[0].stamp_ns))
        sampler = RowSampler(profile.views, profile.arms, view_tolerance)
        seen: list[Seen] = []
        due: list[tuple[ReasoningRecord, int | None, ViewSet[ImageRecord] | None]] = []
        for entry in by_stamp(reader.entries(sampler.topics)):
            while waiting and stamp_of(entry) > waiting[0][0].stamp_ns:
                due.append((*waiting.popleft(), sampler.buffer.views(after_ns=-1)))
            sampler.feed(entry)
            if isinstance(entry.record, ArmRecord):  # the first state behind a stamp shows which one held at it
                seen += [_seen(record, step, views, sampler.buffer) for record, step, views in due]
                due.clear()
        unseen = [*((record, step) for record, step, _ in due), *waiting]
        return seen + [Seen(record.sequence, (record.view_stamps_ns, step), None) for record, step in unseen]


def _observations(reader: BagReader) -> list[tuple[ReasoningRecord, int | None]]:
    reasonings: dict[int, ReasoningRecord] = {}
    steps: dict[int, int] = {}
    for entry in reader.entries(["/policy/reasoning", "/policy/chunk"]):
        if isinstance(entry.record, ReasoningRecord):
            reasonings[entry.record.sequence] = entry.record
        elif isinstance(entry.record, Chunk):
            steps[entry.record.sequence] = entry.record.command_step
    return [(record, steps.get(sequence)) for sequence, record in reasonings.items()]


def _seen(
    record: ReasoningRecord, step: int | None, views: ViewSet[ImageRecord] | None, buffer: StreamBuffer[ImageRecord]
) -> Seen:
    live = record.view_stamps_ns, step
    states = buffer.states(views) if views is not None else None
    if views is None or states is None:
        return Seen(record.sequence, live, None)
    counter = max(state.command_step for state in states.values())
    return Seen(record.sequence, live, (views.stamps, counter if step is not None else None))

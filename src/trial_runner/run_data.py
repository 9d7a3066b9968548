"""A run as its bag tells it: every arm's samples, and the story of every chunk from observation to last step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path

from demo_recorder.contract import RecordingInfo
from demo_recorder.reading import BagReader
from demo_recorder.records import ArmRecord, CellRecord, Outcome, ReasoningRecord, Stage, StatusRecord
from molmoact_common.chunks import Chunk, Ledger


class Verdict(StrEnum):
    """How the story of a chunk ends."""

    FINISHED = "finished"
    REPLACED = "replaced by a newer one"
    DISCARDED = "discarded"
    REFUSED = "refused by the bridge"
    UNANSWERED = "refused by the policy"
    OPEN = "open at the end"


@dataclass(slots=True)
class ChunkStory:
    """One observation, what was made of it, and what came of that.

    Attributes:
        sequence: of the observation; it rises, but counts nothing.
        reasoning: newest stage published of it.
        chunk: as the policy published it.
        statuses: what the bridge said of it, in order.
        number: its place among the chunks of the run, from 1; what a person calls it.
    """

    sequence: int
    reasoning: ReasoningRecord | None = None
    chunk: Chunk | None = None
    statuses: list[StatusRecord] = field(default_factory=list)
    number: int = 0

    @property
    def observed_ns(self) -> int:
        """Stamp of the observation (nanoseconds of the graph's clock)."""
        if self.reasoning is not None:
            return self.reasoning.stamp_ns
        if self.chunk is not None:
            return self.chunk.observation_ns
        return self.statuses[0].stamp_ns

    @property
    def executed(self) -> bool:
        """The arm moved by it: to its end, or until a newer chunk took over."""
        if self.verdict is Verdict.REPLACED:
            return self.statuses[-1].steps_done > 0
        return self.verdict is Verdict.FINISHED

    @property
    def verdict(self) -> Verdict:
        """How it ended."""
        if self.statuses and self.statuses[-1].outcome is not Outcome.ACCEPTED:
            return Verdict[self.statuses[-1].outcome.name]
        if self.reasoning is not None and self.reasoning.stage is Stage.REFUSED:
            return Verdict.UNANSWERED
        return Verdict.OPEN

    @property
    def why(self) -> str:
        """The reason given where it was refused or discarded; else empty."""
        given = [status.reason for status in self.statuses if status.reason]
        return given[-1] if given else self.reasoning.why if self.reasoning is not None else ""

    @property
    def clipped(self) -> frozenset[str]:
        """Checks of the gate that changed one of its targets."""
        return frozenset(check for status in self.statuses for check in status.clipped)

    @property
    def ledger(self) -> Ledger:
        """Every stamp that anyone reported of it."""
        reported = [status.ledger for status in self.statuses]
        reported += [part.ledger for part in (self.reasoning, self.chunk) if part is not None]
        return Ledger(**{f.name: max((getattr(r, f.name) for r in reported), default=0) for f in fields(Ledger)})


@dataclass(frozen=True, slots=True)
class RunData:
    """Everything of a bag but the images.

    Attributes:
        bag: folder of the bag.
        info: what was known when the recording began.
        span_ns: first and last log time.
        counts: topic -> messages.
        drops: topic -> messages that the recorder lost.
        arms: arm -> its samples in the order of their stamps.
        stories: by rising sequence.
        cells: samples of the simulated cell; empty on hardware.
    """

    bag: Path
    info: RecordingInfo
    span_ns: tuple[int, int]
    counts: Mapping[str, int]
    drops: Mapping[str, int]
    arms: Mapping[str, Sequence[ArmRecord]]
    stories: Sequence[ChunkStory]
    cells: Sequence[CellRecord]

    @property
    def start_ns(self) -> int:
        """The zero of every time axis."""
        return self.span_ns[0]

    @property
    def instruction(self) -> str:
        """What the robot was last asked to do."""
        asked = [s.reasoning.instruction for s in self.stories if s.reasoning is not None]
        return asked[-1] if asked else self.info.instruction

    @property
    def in_lockstep(self) -> bool:
        """The world waited for the policy, so that times of the run are no times of a clock on the wall."""
        return self.info.time == "lockstep"

    @property
    def clock(self) -> str:
        """What a time axis of the run counts, in words."""
        return "world time" if self.info.time else "time"


def load_run(bag: Path) -> RunData:
    """Read a bag.

    Raises:
        BagError: no closed bag, or a message that cannot be decoded.
    """
    arms: dict[str, list[ArmRecord]] = {}
    stories: dict[int, ChunkStory] = {}
    cells: list[CellRecord] = []
    with BagReader(bag) as reader:
        topics = [topic for topic in reader.topics if not topic.startswith("/camera/")]
        for entry in reader.entries(topics):
            match entry.record:
                case ArmRecord() as record:
                    arms.setdefault(record.arm, []).append(record)
                case CellRecord() as record:
                    cells.append(record)
                case ReasoningRecord() | StatusRecord() | Chunk() as record:
                    _add(stories.setdefault(record.sequence, ChunkStory(record.sequence)), record)
        ordered = [stories[sequence] for sequence in sorted(stories)]
        for number, story in enumerate(ordered, start=1):
            story.number = number
        return RunData(
            bag=bag,
            info=reader.info,
            span_ns=reader.span_ns,
            counts=reader.counts,
            drops=reader.drops,
            arms=arms,
            stories=ordered,
            cells=cells,
        )


def _add(story: ChunkStory, record: ReasoningRecord | StatusRecord | Chunk) -> None:
    if isinstance(record, StatusRecord):
        story.statuses.append(record)
    elif isinstance(record, Chunk):
        story.chunk = record
    elif story.reasoning is None or record.stage >= story.reasoning.stage:
        story.reasoning = record

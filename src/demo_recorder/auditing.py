"""Looks at a bag after the fact: how long, how much of what, at which rates, and what its contract has against it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from demo_recorder.contract import RecordingContract, RecordingInfo, TakeOutcome, TopicContract
from demo_recorder.reading import BagError, BagReader
from molmoact_common.errors import UserError
from molmoact_common.ros.stamps import NANOSECONDS

GAP_PERIODS = 10
"""Periods of a topic's `min_rate` that may pass without a message of it."""

SHORTEST_GAP = 0.5
"""Seconds that any topic may be silent."""


@dataclass(frozen=True, slots=True)
class TopicAudit:
    """One topic: messages, mean rate (Hz), longest silence (seconds; the ends of the bag count), messages lost."""

    count: int
    rate: float
    gap: float
    lost: int


@dataclass(frozen=True, slots=True)
class Audit:
    """One bag.

    Attributes:
        path: its folder.
        seconds: from the first message to the last.
        topics: live topic -> figures.
        info: what was known of the recording.
        outcome: how it ended.
        problems: one line each; none in a good bag.
    """

    path: Path
    seconds: float = 0.0
    topics: Mapping[str, TopicAudit] = field(default_factory=dict)
    info: RecordingInfo = field(default_factory=RecordingInfo)
    outcome: TakeOutcome = field(default_factory=TakeOutcome)
    problems: tuple[str, ...] = ()

    @property
    def remark(self) -> str:
        """What a person should know of a bag that is no worse for it; empty: nothing."""
        ended = f"ended by itself: {self.outcome.ended}" if self.outcome.ended else ""
        return "cut off, and recovered up to its last whole chunk" if self.outcome.recovered else ended

    @property
    def messages(self) -> int:
        """Of all topics."""
        return sum(topic.count for topic in self.topics.values())


def audit_bag(path: Path) -> Audit:
    """Look at one bag; what cannot be read is a problem of it and no error."""
    if not (path / "metadata.yaml").is_file():
        return Audit(path, problems=(f"unfinished: its recorder was killed; molmoact bags repair {path}",))
    try:
        with BagReader(path) as bag:
            return _audit(bag)
    except (BagError, UserError) as error:
        return Audit(path, problems=(str(error),))


def _audit(bag: BagReader) -> Audit:
    first, last = bag.span_ns
    topics = _topics(bag, first, last)
    contract = bag.contract
    problems = ["no messages"] if not bag.span_ns[1] else []
    problems += ["no contract: another recorder wrote it"] if contract is None else _complaints(contract, bag, topics)
    return Audit(bag.path, (last - first) / NANOSECONDS, topics, bag.info, bag.outcome, tuple(problems))


def _topics(bag: BagReader, first: int, last: int) -> dict[str, TopicAudit]:
    counts: Counter[str] = Counter()
    newest = dict.fromkeys(bag.topics, first)
    gaps = dict.fromkeys(bag.topics, 0)
    for topic, at in bag.times():
        counts[topic] += 1
        gaps[topic] = max(gaps[topic], at - newest[topic])
        newest[topic] = at
    seconds = (last - first) / NANOSECONDS
    lost = bag.drops
    return {
        topic: TopicAudit(
            count=counts[topic],
            rate=counts[topic] / seconds if seconds else 0.0,
            gap=max(gaps[topic], last - newest[topic]) / NANOSECONDS,
            lost=lost.get(topic, 0),
        )
        for topic in bag.topics
    }


def _complaints(contract: RecordingContract, bag: BagReader, topics: Mapping[str, TopicAudit]) -> list[str]:
    return [line for spec in contract.topics for line in _about(spec, bag, topics.get(spec.name))]


def _about(spec: TopicContract, bag: BagReader, found: TopicAudit | None) -> Iterator[str]:
    """What the contract has against one topic."""
    if found is None or not found.count:
        if not spec.optional:
            yield f"{spec.name}: no message"
        return
    if bag.topics[spec.name] != spec.bag_type:
        yield f"{spec.name}: of type {bag.topics[spec.name]}, not {spec.bag_type}"
    if found.lost:
        yield f"{spec.name}: {found.lost} messages lost"
    if found.rate < spec.min_rate:
        yield f"{spec.name}: {found.rate:.1f} Hz, at least {spec.min_rate:g} are required"
    if spec.min_rate and found.gap > max(GAP_PERIODS / spec.min_rate, SHORTEST_GAP):
        yield f"{spec.name}: silent for {found.gap:.2f} s"

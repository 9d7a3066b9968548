"""Figures that the bag of a run holds: where the time of its chunks went, and how its cameras did."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.results import SPREAD, Row, Section, spread
from demo_recorder.reading import BagReader
from demo_recorder.records import ImageRecord
from molmoact_common.chunks import Ledger
from molmoact_common.errors import UserError
from trial_runner.latencies import SPAN_LABELS, STAGE_LABELS, span_milliseconds, stage_milliseconds
from trial_runner.run_data import ChunkStory, RunData, Verdict

IMAGES = "/color/image_raw"
CLOCK_NOTE = (
    "In the graph's clock, which steps by about 10 ms: trust the mean of many chunks more than a single one. "
    "Steady: every finished chunk but the first of the run, which stands on its own in the last column."
)


def chunk_sections(run: RunData) -> list[Section]:
    """Latency by span and by stage, and forward passes, of the finished chunks.

    Raises:
        UserError: fewer than two chunks finished.
    """
    ledgers = [story.ledger for story in run.stories if story.verdict is Verdict.FINISHED]
    if len(ledgers) < 2:
        raise UserError(f"{len(ledgers)} chunks finished, two are needed; see the logs beside {run.bag}")
    cold, steady = ledgers[0], ledgers[1:]
    columns = (*SPREAD, "first chunk")
    ends = Counter(ending(story) for story in run.stories)
    return [
        Section("latency, steady chunks (ms)", columns, latency_rows(cold, steady), CLOCK_NOTE),
        Section("forward passes of the language model", columns, passes_rows(cold, steady)),
        Section("chunks", ("count",), {words: (count,) for words, count in ends.most_common()}),
    ]


def passes_rows(cold: Ledger, steady: Sequence[Ledger]) -> dict[str, Row]:
    """Passes a chunk; no row for a policy without a language model."""
    if not any(each.forward_passes for each in steady):
        return {}
    return {"passes a chunk": (*spread([each.forward_passes for each in steady]), cold.forward_passes)}


def latency_rows(cold: Ledger, steady: Sequence[Ledger]) -> dict[str, Row]:
    """Label -> spread over the steady ones, and the cold one's own figure; spans first, then stages."""
    of_cold = durations(cold)
    rows: dict[str, Row] = {}
    for label in dict.fromkeys((*SPAN_LABELS, *STAGE_LABELS.values())):
        if values := [found[label] for found in map(durations, steady) if label in found]:
            rows[label] = (*spread(values), of_cold.get(label))
    return rows


def durations(ledger: Ledger) -> dict[str, float]:
    """Milliseconds of all spans and stages of one chunk."""
    return span_milliseconds(ledger) | stage_milliseconds(ledger)


def ending(story: ChunkStory) -> str:
    """How a chunk ended and, where there is a reason, the part of it that names the check."""
    check = story.why.partition(":")[0]
    return f"{story.verdict}: {check}" if check else str(story.verdict)


def camera_section(run: RunData) -> Section:
    """How each camera did from the first observation on."""
    topics = sorted(topic for topic in run.counts if topic.endswith(IMAGES))
    stamps: dict[str, list[int]] = {topic: [] for topic in topics}
    reported: dict[str, float] = {}
    with BagReader(run.bag) as bag:
        for topic, _, record in bag.entries([*topics, "/diagnostics"]):
            if isinstance(record, ImageRecord):
                stamps[topic].append(record.stamp_ns)
            else:
                reported |= camera_drops(record)
    rows = {camera_of(t): _camera_row(run, t, stamps[t], reported.get(camera_of(t))) for t in topics}
    note = (
        "Gaps: frames that are missing between the stamps of two others. Dropped: since the start, by the camera node."
    )
    return Section("cameras", ("frames", "rate (Hz)", "gaps", "dropped", "lost by the recorder"), rows, note)


def camera_of(topic: str) -> str:
    """Name of the camera of an image topic."""
    return Path(topic).parts[-3]


def camera_drops(message: Any) -> dict[str, float]:
    """Camera -> frames dropped, as a diagnostics message reports them."""
    found = {}
    for status in message.status:
        values: Mapping[str, str] = {entry.key: entry.value for entry in status.values}
        if status.name.startswith("camera/") and "drops" in values:
            found[status.name.removeprefix("camera/")] = float(values["drops"])
    return found


def _camera_row(run: RunData, topic: str, stamps: Sequence[int], dropped: float | None) -> Row:
    begun = run.stories[0].observed_ns
    rate, gaps = rate_and_gaps([stamp for stamp in stamps if stamp >= begun])
    return len(stamps), rate, gaps, dropped, run.drops.get(topic, 0)


def rate_and_gaps(stamps: Sequence[int]) -> tuple[float | None, float | None]:
    """Frames a second of the stamps' clock (ns), and how many are missing at the median period; None of one frame."""
    if len(stamps) < 2:
        return None, None
    periods = np.diff(stamps)
    missing = np.rint(periods / np.median(periods)) - 1
    return float(1e9 / np.mean(periods)), float(missing.sum())

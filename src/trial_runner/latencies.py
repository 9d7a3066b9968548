"""Where the time of a chunk went: its ledger's stamps as stages, and as the few spans that a person asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from molmoact_common.chunks import Ledger

STAGE_LABELS: Mapping[str, str] = {
    "received": "camera to policy",
    "preprocessed": "preprocessing",
    "prefilled": "prefill",
    "depth": "depth tokens",
    "trace": "trace tokens",
    "action": "action tokens",
    "bridge_received": "policy to bridge",
    "first_step_applied": "bridge to first step",
    "last_step_applied": "execution",
}
"""Stamp of the ledger -> what the time up to it, from the stamp reached before it, was spent on."""

SPAN_LABELS: Mapping[str, tuple[str, str]] = {
    "exposure to first step": ("exposure", "first_step_applied"),
    "camera to policy": ("exposure", "received"),
    "reasoning": ("received", "action"),
    "answer to first step": ("action", "first_step_applied"),
}
"""Label -> first and last stamp: the whole first, then its parts."""


LOCKSTEP_NOTE = (
    "World time: in lock-step an answer takes at most the virtual latency, however long the machine thinks. "
    "For wall-clock latency run with --time realtime, or make bench."
)
"""What everyone who shows latencies of a run in lock-step says beside them."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of one stage or span over all chunks that reached it."""

    median_ms: float
    p99_ms: float
    count: int


def stage_milliseconds(ledger: Ledger) -> dict[str, float]:
    """Label -> milliseconds, of the stages that the chunk reached; a stage that it skipped is not there."""
    durations = {}
    reached = [(name, stamp) for name in Ledger.stamp_names() if (stamp := getattr(ledger, name))]
    for (_, before), (name, stamp) in pairwise(reached):
        durations[STAGE_LABELS[name]] = (stamp - before) / 1e6
    return durations


def span_milliseconds(ledger: Ledger) -> dict[str, float]:
    """Label -> milliseconds, of the spans of which the chunk has both ends."""
    ends = {label: (getattr(ledger, first), getattr(ledger, last)) for label, (first, last) in SPAN_LABELS.items()}
    return {label: (last - first) / 1e6 for label, (first, last) in ends.items() if first and last}


def latencies(found: Sequence[Mapping[str, float]], labels: Sequence[str]) -> dict[str, Latency]:
    """Label -> latency over the milliseconds found in each chunk; a label that no chunk has is not there."""
    known = {}
    for label in labels:
        if values := [milliseconds[label] for milliseconds in found if label in milliseconds]:
            median, p99 = np.percentile(values, [50, 99])
            known[label] = Latency(float(median), float(p99), len(values))
    return known

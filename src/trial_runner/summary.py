"""The numbers of a run: chunks, success, paths, speeds, latencies and losses."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from demo_recorder.records import ArmMode, ArmRecord
from molmoact_common.chunks import Ledger
from trial_runner.run_data import ChunkStory, RunData, Verdict, load_run

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


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """One arm.

    Attributes:
        commanded_m: length of the path of commanded TCP targets (metres).
        measured_m: length of the measured TCP path (metres).
        max_step_speed: largest commanded step over its period (m/s); the arm's own speed is lower where the speed
            factor stretched time. None without a step.
        max_error_m: largest distance between commanded and measured TCP (metres).
        running_s: time in RUNNING.
        holding_s: time in HOLDING.
    """

    commanded_m: float
    measured_m: float
    max_step_speed: float | None
    max_error_m: float
    running_s: float
    holding_s: float


@dataclass(frozen=True, slots=True)
class StageLatency:
    """Milliseconds of one stage over all chunks that reached it."""

    median_ms: float
    p99_ms: float
    count: int


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in numbers.

    Attributes:
        bag: folder of the bag.
        instruction: what the robot was last asked to do.
        model: which checkpoint or backend answered.
        duration_s: from the first message to the last, in the graph's clock.
        episodes: seed -> whether the task was solved while chunks came; empty where nothing tells (hardware).
        verdicts: how the chunks ended.
        clipped: check of the gate -> chunks of which it changed a target.
        arms: by arm.
        stages: label -> latency, in the order in which a chunk passes them.
        forward_passes: median of the language model's passes a chunk; 0 without a language model.
        drops: topic -> messages that the recorder lost.
    """

    bag: Path
    instruction: str
    model: str
    duration_s: float
    episodes: Mapping[int, bool]
    verdicts: Mapping[Verdict, int]
    clipped: Mapping[str, int]
    arms: Mapping[str, ArmSummary]
    stages: Mapping[str, StageLatency]
    forward_passes: float
    drops: Mapping[str, int]

    @property
    def success(self) -> bool | None:
        """Every episode was solved; None where nothing tells."""
        return all(self.episodes.values()) if self.episodes else None

    @property
    def executed(self) -> int:
        """Chunks of which every step was commanded."""
        return self.verdicts.get(Verdict.FINISHED, 0)


def stage_milliseconds(ledger: Ledger) -> dict[str, float]:
    """Label -> milliseconds, of the stages that the chunk reached; a stage that it skipped is not there."""
    durations = {}
    reached = [(name, stamp) for name in Ledger.stamp_names() if (stamp := getattr(ledger, name))]
    for (_, before), (name, stamp) in pairwise(reached):
        durations[STAGE_LABELS[name]] = (stamp - before) / 1e6
    return durations


def summarise(run: RunData) -> RunSummary:
    """The numbers of a loaded run."""
    models = [s.reasoning.model for s in run.stories if s.reasoning is not None]
    passes = [s.ledger.forward_passes for s in run.stories if s.ledger.forward_passes]
    return RunSummary(
        bag=run.bag,
        instruction=run.instruction,
        model=models[-1] if models else run.info.policy,
        duration_s=(run.span_ns[1] - run.span_ns[0]) / 1e9,
        episodes=_episodes(run),
        verdicts=Counter(story.verdict for story in run.stories),
        clipped=Counter(check for story in run.stories for check in sorted(story.clipped)),
        arms={arm: _arm_summary(samples, run.stories) for arm, samples in run.arms.items()},
        stages=_stage_latencies(run.stories),
        forward_passes=float(np.median(passes)) if passes else 0.0,
        drops=run.drops,
    )


def summarise_bag(bag: Path) -> RunSummary:
    """The numbers of a bag.

    Raises:
        BagError: no closed bag, or a message that cannot be decoded.
    """
    return summarise(load_run(bag))


def positions(samples: Sequence[ArmRecord], which: str) -> NDArray[np.float64]:
    """TCP positions (metres, base frame), shape (samples, 3); `which` is "measured" or "commanded"."""
    return np.array([getattr(sample, which).position for sample in samples]).reshape(-1, 3)


def _episodes(run: RunData) -> dict[int, bool]:
    """Success counts from the first observation of a placement on: before it the cell may tell of the one before."""
    episodes = {}
    for seed, group in groupby(run.cells, key=lambda cell: cell.seed):
        cells = list(group)
        observed = [s.observed_ns for s in run.stories if cells[0].stamp_ns <= s.observed_ns <= cells[-1].stamp_ns]
        if observed:
            episodes[seed] = any(cell.success for cell in cells if cell.stamp_ns >= min(observed))
    return episodes


def _arm_summary(samples: Sequence[ArmRecord], stories: Sequence[ChunkStory]) -> ArmSummary:
    commanded, measured = positions(samples, "commanded"), positions(samples, "measured")
    return ArmSummary(
        commanded_m=_length(commanded),
        measured_m=_length(measured),
        max_step_speed=_max_step_speed(samples, commanded, stories),
        max_error_m=float(np.linalg.norm(commanded - measured, axis=1).max(initial=0.0)),
        running_s=_seconds_in(samples, ArmMode.RUNNING),
        holding_s=_seconds_in(samples, ArmMode.HOLDING),
    )


def _length(path: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())


def _max_step_speed(
    samples: Sequence[ArmRecord], commanded: NDArray[np.float64], stories: Sequence[ChunkStory]
) -> float | None:
    periods = [story.chunk.step_period for story in stories if story.chunk is not None]
    counters = np.array([sample.command_step for sample in samples])
    moved = np.flatnonzero(np.diff(counters) > 0)
    if not periods or not moved.size:
        return None
    lengths = np.linalg.norm(commanded[moved + 1] - commanded[moved], axis=1)
    steps = counters[moved + 1] - counters[moved]
    return float((lengths / (steps * min(periods))).max())


def _seconds_in(samples: Sequence[ArmRecord], mode: ArmMode) -> float:
    return sum((after.stamp_ns - before.stamp_ns) / 1e9 for before, after in pairwise(samples) if before.mode is mode)


def _stage_latencies(stories: Sequence[ChunkStory]) -> dict[str, StageLatency]:
    found = [stage_milliseconds(story.ledger) for story in stories]
    latencies = {}
    for label in STAGE_LABELS.values():
        if values := [stages[label] for stages in found if label in stages]:
            median, p99 = np.percentile(values, [50, 99])
            latencies[label] = StageLatency(float(median), float(p99), len(values))
    return latencies

"""The numbers of a run: chunks, success, paths, speeds, latencies and losses."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from demo_recorder.records import ArmMode, ArmRecord
from trial_runner.latencies import SPAN_LABELS, STAGE_LABELS, Latency, latencies, span_milliseconds, stage_milliseconds
from trial_runner.placements import Placement, placements
from trial_runner.run_data import ChunkStory, RunData, Verdict, load_run


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """One arm.

    Attributes:
        commanded_m: length of the path of commanded TCP targets (metres).
        measured_m: length of the measured TCP path (metres).
        max_step_speed: largest commanded step over its period (m/s); the arm's own speed is lower where the speed
            factor stretched time. None without a step.
        max_error_m: largest distance between commanded and measured TCP while chunks are followed (metres).
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
class RunSummary:
    """A run in numbers.

    Attributes:
        bag: folder of the bag.
        instruction: what the robot was last asked to do.
        model: which checkpoint or backend answered.
        duration_s: from the first message to the last, in the graph's clock.
        in_lockstep: the world waited for the policy: latencies are in its time, which then nearly stands still.
        placements: the episodes in the order in which they were run; empty where nothing tells (hardware).
        verdicts: how the chunks ended.
        executed: chunks by which the arm moved: to their end, or until a newer one took over.
        clipped: check of the gate -> chunks of which it changed a target.
        arms: by arm.
        spans: label -> latency, the whole from exposure to first step and then its parts.
        stages: label -> latency, in the order in which a chunk passes them.
        forward_passes: median of the language model's passes a chunk; 0 without a language model.
        drops: topic -> messages that the recorder lost.
    """

    bag: Path
    instruction: str
    model: str
    duration_s: float
    in_lockstep: bool
    placements: Sequence[Placement]
    verdicts: Mapping[Verdict, int]
    executed: int
    clipped: Mapping[str, int]
    arms: Mapping[str, ArmSummary]
    spans: Mapping[str, Latency]
    stages: Mapping[str, Latency]
    forward_passes: float
    drops: Mapping[str, int]

    @property
    def episodes(self) -> dict[int, bool]:
        """Seed -> whether the task was solved while chunks came."""
        return {placement.seed: placement.success for placement in self.placements}

    @property
    def success(self) -> bool | None:
        """Every episode was solved; None where nothing tells."""
        return all(placement.success for placement in self.placements) if self.placements else None


def summarise(run: RunData) -> RunSummary:
    """The numbers of a loaded run."""
    models = [s.reasoning.model for s in run.stories if s.reasoning is not None]
    ledgers = [story.ledger for story in run.stories]
    passes = [ledger.forward_passes for ledger in ledgers if ledger.forward_passes]
    return RunSummary(
        bag=run.bag,
        instruction=run.instruction,
        model=models[-1] if models else run.info.policy,
        duration_s=(run.span_ns[1] - run.span_ns[0]) / 1e9,
        in_lockstep=run.in_lockstep,
        placements=placements(run),
        verdicts=Counter(story.verdict for story in run.stories),
        executed=sum(story.executed for story in run.stories),
        clipped=Counter(check for story in run.stories for check in sorted(story.clipped)),
        arms={arm: _arm_summary(samples, run.stories) for arm, samples in run.arms.items()},
        spans=latencies([span_milliseconds(ledger) for ledger in ledgers], list(SPAN_LABELS)),
        stages=latencies([stage_milliseconds(ledger) for ledger in ledgers], list(STAGE_LABELS.values())),
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


def _arm_summary(samples: Sequence[ArmRecord], stories: Sequence[ChunkStory]) -> ArmSummary:
    commanded, measured = positions(samples, "commanded"), positions(samples, "measured")
    following = np.array([sample.mode in (ArmMode.RUNNING, ArmMode.HOLDING) for sample in samples], dtype=bool)
    return ArmSummary(
        commanded_m=_length(commanded),
        measured_m=_length(measured),
        max_step_speed=_max_step_speed(samples, commanded, stories),
        max_error_m=float(np.linalg.norm(commanded - measured, axis=1)[following].max(initial=0.0)),
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

"""The gate as a whole: the order of its checks, and how often each one had to act."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from franka_bridge.config import SafetyConfig
from franka_bridge.gate.chunk_checks import Age, Anchor, Arrival, ChunkCheck, Finite, RowSize, Shape
from franka_bridge.gate.chunk_checks import Sequence as InSequence
from franka_bridge.gate.target_checks import (
    GripperRange,
    Leash,
    Situation,
    StepCap,
    TablePlane,
    TargetCheck,
    Workspace,
)
from franka_bridge.targets import Target
from molmoact_common.chunks import Chunk


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gate makes of one arm's next target.

    Attributes:
        target: where the arm may go.
        stretch: steps that the way takes, 1 or more.
        wait: nothing may be commanded now.
        touched: names of the checks that acted.
    """

    target: Target
    stretch: float
    wait: bool
    touched: tuple[str, ...]


class Gate:
    """Chunk checks, then target checks; the order is part of what it is.

    A chunk is refused by the first of its checks that objects. A target passes all of its checks: first those that
    clip, so that the ones that look at its distance see where it really leads.
    """

    def __init__(self, chunk_checks: Sequence[ChunkCheck], target_checks: Sequence[TargetCheck]) -> None:
        self._chunk_checks = tuple(chunk_checks)
        self._target_checks = tuple(target_checks)
        names = [check.name for check in self._chunk_checks] + [check.name for check in self._target_checks]
        self.counts: Counter[str] = Counter(dict.fromkeys(names, 0))

    @property
    def figures(self) -> dict[str, str]:
        """Limit of each target check, to read."""
        return {check.name: f"{check.action}: {check.figure}" for check in self._target_checks}

    def refusal(self, chunk: Chunk, arrival: Arrival) -> str:
        """Why the chunk is refused, "check: reason"; empty: it may enter."""
        for check in self._chunk_checks:
            why = check.refusal(chunk, arrival)
            if why:
                self.counts[check.name] += 1
                return f"{check.name}: the chunk {why}"
        return ""

    def judge(self, target: Target, situation: Situation) -> Judgement:
        """Pass one target through every check, in order."""
        stretch, wait = 1.0, False
        touched: list[str] = []
        for check in self._target_checks:
            outcome = check(target, situation)
            target = outcome.target
            stretch = max(stretch, outcome.stretch)
            wait = wait or outcome.wait
            if outcome.touched:
                self.counts[check.name] += 1
                touched.append(check.name)
        return Judgement(target, stretch, wait, tuple(touched))


def make_gate(safety: SafetyConfig, arms: tuple[str, ...], *, leash: bool = True) -> Gate:
    """The gate of a bridge.

    Args:
        safety: the figures.
        arms: names, in the order of a chunk's columns.
        leash: off in a dry run, where the commanded pose leaves the arm behind.
    """
    speed = safety.speed_factor
    target_checks: list[TargetCheck] = [
        GripperRange(),
        Workspace(np.array(safety.workspace_lower), np.array(safety.workspace_upper)),
        TablePlane(safety.table_height + safety.table_clearance),
        StepCap(safety.speed_cap * speed, safety.turn_cap * speed),
    ]
    if leash:
        target_checks.append(Leash(safety.leash_translation, safety.leash_rotation))
    chunk_checks: list[ChunkCheck] = [
        Shape(arms),
        Finite(),
        InSequence(),
        Age(safety.max_age_holding, safety.max_age_running),
        Anchor(),
        RowSize(safety.max_row_translation, safety.max_row_rotation),
    ]
    return Gate(chunk_checks, target_checks)

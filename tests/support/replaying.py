"""Demonstrations of the cell's expert as symbols, decoded and played again open loop from the same start."""

from dataclasses import dataclass

import numpy as np

from molmoact.curation.episodes import Motion, actions_of, pose_row
from molmoact.curation.lerobot_statistics import action_statistics
from molmoact.curation.no_ops import NoOpLimits, working_rows
from molmoact.profile import CheckpointProfile
from molmoact.protocol.actions import bins_of, normalise, physical, un_normalise, values_of
from molmoact.protocol.statistics import choose_statistics
from support.solo_cell import Arm, Cell, Step, play, solve


@dataclass(frozen=True)
class Demonstration:
    """What the expert did at one placement: its motion, whether it solved the task, and where it ended (metres)."""

    seed: int
    motion: Motion
    success: bool

    @property
    def end(self) -> np.ndarray:
        """The last commanded position."""
        return self.motion.targets[-1, 0, :3]


@dataclass(frozen=True)
class Replay:
    """A demonstration played from its symbols: distance of the ends (metres), and whether it solved the task."""

    seed: int
    apart: float
    success: bool


def demonstrate(cell: Cell, arm: Arm, task: str, seed: int) -> Demonstration:
    """Let the expert do the task."""
    steps: list[Step] = []
    result, _ = solve(cell, arm, task, seed, steps)
    before = np.array([[pose_row(*start)] for start, _, _ in steps])
    after = np.array([[pose_row(*end)] for _, end, _ in steps])
    measured = before.copy()
    measured[:, 0, 7] = [opening for _, _, opening in steps]
    return Demonstration(seed, Motion(measured, before, after), result.success)


def replay(
    cell: Cell, arm: Arm, task: str, demonstrations: list[Demonstration], profile: CheckpointProfile, *, no_ops: bool
) -> list[Replay]:
    """Every demonstration through symbols of the set's own statistics, and played.

    `no_ops`: steps without work are dropped first, as conversion does.
    """
    motions = [
        one.motion.kept(working_rows(one.motion, NoOpLimits())) if no_ops else one.motion for one in demonstrations
    ]
    actions = [actions_of(motion, profile) for motion in motions]
    statistics = choose_statistics({"demos": action_statistics(actions)})
    played = []
    for one, raw in zip(demonstrations, actions, strict=True):
        rows = physical(un_normalise(values_of(bins_of(normalise(raw, statistics))), statistics), profile)
        result, end = play(cell, arm, task, one.seed, rows)
        played.append(Replay(one.seed, float(np.linalg.norm(end.position - one.end)), result.success))
    return played

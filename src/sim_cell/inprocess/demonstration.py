"""A demonstration by the expert in process, as the same episode that a recorded take becomes."""

from zlib import crc32

import numpy as np
from pydantic import Field
from scipy.spatial.transform import Rotation

from molmoact.curation.episodes import Episode
from molmoact.curation.no_ops import NoOpLimits
from molmoact.profile import CheckpointProfile
from molmoact_common.poses import Pose
from molmoact_common.yaml_config import Settings
from sim_cell import tasks
from sim_cell.inprocess.cell import InProcessCell
from sim_cell.inprocess.expert import expert_rows
from sim_cell.inprocess.recording import Recording

_LOWEST = 0.12
"""Height of the TCP above which an arm that wanders stays, metres: over the blocks."""


class DemonstrationSettings(Settings):
    """How the expert demonstrates.

    Attributes:
        replan: rows that are made before the expert looks again; 8 is what it does in the cell's graph.
        longest: steps after which a demonstration is given up.
        wander: metres that the arm is led away from home before anything is recorded, at most: a policy that never saw
            the hand off the expert's way does not find back.
        lag: seconds that the arm is led behind its command, at most; each demonstration has a lag of its own.
        no_ops: limits below which a step is left out, as in conversion; None keeps every step.
    """

    replan: int = Field(default=8, ge=1, le=64)
    longest: int = Field(default=400, ge=1)
    wander: float = Field(default=0.0, ge=0, le=0.3)
    lag: float = Field(default=0.0, ge=0, le=0.5)
    no_ops: NoOpLimits | None = NoOpLimits()


def demonstrate(
    cell: InProcessCell, episode: tasks.Episode, profile: CheckpointProfile, settings: DemonstrationSettings
) -> Episode | None:
    """Let the expert do the task.

    Args:
        cell: any state; it is reset.
        episode: what is to be done.
        profile: conventions of the actions.
        settings: how.

    Returns:
        The demonstration, or None where the task was not done in time.
    """
    cell.reset(episode)
    random = np.random.default_rng([abs(episode.seed), crc32(b"demonstration")])
    cell.lag = settings.lag * float(random.uniform())
    _wander(cell, settings.wander, random)
    record = Recording()
    while not cell.score().success:
        for row in expert_rows(cell, settings.replan):
            record.see(cell)
            cell.step(row)
        if len(record) >= settings.longest:
            return None
    return record.episode(cell, profile, settings.no_ops)


def _wander(cell: InProcessCell, farthest: float, random: np.random.Generator) -> None:
    """Lead the arm to somewhere nearer to the blocks, with the hand a little turned, and let it rest."""
    if not farthest:
        return
    start = cell.commanded
    x, y, z = start.position + farthest * random.uniform((-0.5, -1.0, -1.0), (1.5, 1.0, 0.0))
    turned = Rotation.from_euler("z", random.uniform(-0.4, 0.4)) * start.rotation()
    goal = Pose(np.array([x, y, max(z, _LOWEST)]), turned.as_quat())
    cell.move(goal, 1.0)
    cell.rest(1.0)

"""Rows played open loop from an episode's start: whether they do its task again, and where they end."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from molmoact_common.poses import Pose
from sim_cell import tasks
from sim_cell.inprocess.cell import InProcessCell
from sim_cell.inprocess.recording import Recording

SETTLING = 15
"""Steps in which the arm rests after the last row: fingers and what they left come to rest."""


@dataclass(frozen=True, slots=True)
class Played:
    """How it went: whether the task was done, where the TCP was sent last (base frame), and its steps, if asked for."""

    success: bool
    end: Pose
    record: Recording | None


def play(cell: InProcessCell, episode: tasks.Episode, rows: NDArray[np.float64], *, record: bool = False) -> Played:
    """Make `rows`, shape (N, 7), one after the other, whatever happens.

    Args:
        cell: any state; it is reset.
        episode: where it starts, and what is scored.
        rows: as `InProcessCell.step` takes them.
        record: keep every step, with pictures.
    """
    cell.reset(episode)
    kept = Recording() if record else None
    for row in rows:
        if kept is not None:
            kept.see(cell)
        cell.step(row)
    end = cell.commanded
    for _ in range(SETTLING):
        cell.move(end, cell.gripper)
    return Played(cell.score().success, end, kept)

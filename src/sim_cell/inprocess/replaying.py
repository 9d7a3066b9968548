"""Rows played open loop from an episode's start: whether they do its task again, and where they end."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from molmoact_common.poses import Pose
from sim_cell import tasks
from sim_cell.inprocess.cell import InProcessCell
from sim_cell.inprocess.recording import Recording

SETTLING = 1.0
"""Seconds in which the arm rests after the last row: fingers and what they left come to rest."""


@dataclass(frozen=True, slots=True)
class Played:
    """How it went: whether the task was done, where the TCP was sent last (base frame), and its steps, if asked for."""

    success: bool
    end: Pose
    record: Recording | None


def play(
    cell: InProcessCell,
    episode: tasks.Episode,
    rows: NDArray[np.float64],
    *,
    pauses: Sequence[float] = (),
    record: bool = False,
) -> Played:
    """Make `rows`, shape (N, 7), one after the other, whatever happens.

    Args:
        cell: any state; it is reset.
        episode: where it starts, and what is scored.
        rows: as `InProcessCell.step` takes them.
        pauses: seconds before each row in which nothing was commanded; empty: none.
        record: keep every step, with pictures.
    """
    cell.reset(episode)
    kept = Recording() if record else None
    for number, row in enumerate(rows):
        if pauses and pauses[number] > 0:
            cell.rest(pauses[number])
        if kept is not None:
            kept.see(cell)
        cell.step(row)
    cell.rest(SETTLING)
    return Played(cell.score().success, cell.commanded, kept)

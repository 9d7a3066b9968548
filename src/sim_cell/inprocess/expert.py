"""The scripted expert at the cell in process: the state as its rule wants it, and its next rows."""

import numpy as np
from numpy.typing import NDArray

from molmoact_common.errors import ConfigError
from sim_cell.expert import State
from sim_cell.inprocess.cell import InProcessCell
from sim_cell.orders import Order, order_for
from sim_cell.scoring import hands_of
from sim_cell.shared import Snapshot
from sim_cell.teamwork import plan_chunk


def expert_rows(cell: InProcessCell, steps: int) -> NDArray[np.float64]:
    """The expert's next rows from the state of now, shape (steps, 7): deltas in the base frame, see `plan_chunk`.

    Raises:
        ConfigError: the episode's instruction does not say what is to be taken.
    """
    now = cell.snapshot()
    order = order_for(cell.episode, cell.scene, cell.episode.instruction, now)
    if isinstance(order, str):
        raise ConfigError(order)
    return plan_chunk({arm: _state(cell, arm, order, now) for arm in cell.scene.arms}, order.job, steps)


def _state(cell: InProcessCell, arm: str, order: Order, now: Snapshot) -> State:
    hand = hands_of(cell.scene, now)[arm]
    return State(cell.commanded, hand.tcp.position, cell.gripper, hand.opening, order.places[arm])

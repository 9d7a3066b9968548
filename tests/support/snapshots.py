"""Snapshots of a world that nobody simulates."""

import numpy as np

from sim_cell.shared import Snapshot


def snapshot(tick: int, *, arms: int = 1, joints: int = 30, things: int = 3, **fields: object) -> Snapshot:
    """All at zero, but for `fields`; with so many arms, joints of the model, and objects."""
    values = {
        "q": np.zeros((arms, 7)),
        "tcp": np.zeros((arms, 7)),
        "opening": np.zeros(arms),
        "moving": np.zeros(arms, bool),
        "qpos": np.zeros(joints),
        "objects": np.zeros((things, 7)),
    }
    return Snapshot(tick, **{**values, **fields})

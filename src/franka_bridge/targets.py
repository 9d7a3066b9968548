"""Targets: where the arms shall be after one step, and how rows of deltas become them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from molmoact_common.chunks import DOF_PER_ARM, Chunk
from molmoact_common.poses import Pose, Vector, compose_delta


@dataclass(frozen=True, slots=True)
class Target:
    """One arm after one step: TCP pose in its base frame, gripper opening 0 closed .. 1 open.

    `joints` (rad, shape (7,)) are those that the gate found for the pose; none before it looked.
    """

    pose: Pose
    opening: float
    joints: Vector | None = None


Targets = Mapping[str, Target]
"""Arm name -> target; all arms of a bridge step together."""


def absolute_targets(chunk: Chunk, anchor: Targets) -> list[Targets]:
    """One entry a row: the row's deltas composed on the row before, the first on `anchor`."""
    rows: list[Targets] = []
    reached = {arm: anchor[arm].pose for arm in chunk.arms}
    for row in chunk.deltas:
        targets = {}
        for column, arm in enumerate(chunk.arms):
            delta = row[column * DOF_PER_ARM : (column + 1) * DOF_PER_ARM]
            reached[arm] = compose_delta(reached[arm], delta, chunk.frame, chunk.rotation)
            targets[arm] = Target(reached[arm], float(delta[6]))
        rows.append(targets)
    return rows


def part_way(start: Pose, end: Pose, fraction: float) -> Pose:
    """The pose `fraction` (0..1) of the way from `start` to `end`: straight line, even turn."""
    turn = Slerp([0.0, 1.0], Rotation.concatenate([start.rotation(), end.rotation()]))
    position = start.position + fraction * (end.position - start.position)
    return Pose(np.asarray(position), turn(fraction).as_quat())

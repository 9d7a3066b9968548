"""A chunk as a person can see it: where the hands would go, in metres, and what every row does."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from molmoact_common.chunks import DOF_PER_ARM, Chunk
from molmoact_common.poses import Pose, compose_delta


@dataclass(frozen=True, slots=True)
class ArmPlan:
    """One arm's part.

    Attributes:
        path: TCP positions in the arm's base frame, metres, rows + 1 of them; the first is where the plan starts.
        turns: radians that each row turns the hand.
        openings: gripper, 0 closed .. 1 open, after each row.
    """

    path: list[list[float]]
    turns: list[float]
    openings: list[float]


def plan_of(chunk: Chunk, starts: Mapping[str, Pose]) -> dict[str, ArmPlan]:
    """Arm name -> its part of the chunk.

    Args:
        chunk: the chunk.
        starts: commanded pose of each arm that it is composed on; arms without one are left out.

    Raises:
        ValueError: it has not seven columns an arm, or numbers that are none.
    """
    if chunk.deltas.shape[1] != DOF_PER_ARM * len(chunk.arms) or not np.isfinite(chunk.deltas).all():
        raise ValueError(f"deltas of shape {chunk.deltas.shape} for {len(chunk.arms)} arm(s), or not all numbers")
    plans = {}
    for column, arm in enumerate(chunk.arms):
        if arm in starts:
            own = chunk.deltas[:, column * DOF_PER_ARM : (column + 1) * DOF_PER_ARM]
            plans[arm] = _arm_plan(own, starts[arm], chunk)
    return plans


def _arm_plan(deltas: np.ndarray, pose: Pose, chunk: Chunk) -> ArmPlan:
    path = [_rounded(pose.position)]
    for delta in deltas:
        pose = compose_delta(pose, delta[:6], chunk.frame, chunk.rotation)
        path.append(_rounded(pose.position))
    turns = np.linalg.norm(deltas[:, 3:6], axis=1)
    return ArmPlan(path, _rounded(turns), _rounded(deltas[:, 6]))


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 4) for value in values]

"""Steps of a demonstration in which nothing happened, so that a policy does not learn to stand still."""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from molmoact.curation.episodes import Motion, pose_of
from molmoact_common.yaml_config import Settings


class NoOpLimits(Settings):
    """A step below all of these is none.

    Attributes:
        translation: metres that the command moves.
        rotation: radians that the command turns.
        opening: change of the gripper's measured opening until the next step; fingers still closing are at work,
            and a policy that skips them lifts before it holds.
    """

    translation: float = Field(default=1e-4, ge=0)
    rotation: float = Field(default=1e-3, ge=0)
    opening: float = Field(default=0.01, ge=0)


def working_rows(motion: Motion, limits: NoOpLimits) -> NDArray[np.intp]:
    """Indices of the steps in which an arm was sent somewhere, or a gripper moved or was told to."""
    following = np.append(motion.measured[1:, :, 7], motion.measured[-1:, :, 7], axis=0)
    grips = np.abs(following - motion.measured[:, :, 7]) > limits.opening
    told = motion.targets[:, :, 7] != motion.commanded[:, :, 7]
    moves = [[_moves(motion, step, arm, limits) for arm in range(grips.shape[1])] for step in range(len(motion))]
    works = np.reshape(moves, grips.shape).astype(bool) | grips | told
    return np.flatnonzero(works.any(axis=1))


def _moves(motion: Motion, step: int, arm: int, limits: NoOpLimits) -> bool:
    start, end = pose_of(motion.commanded[step, arm]), pose_of(motion.targets[step, arm])
    metres, radians = start.distance_to(end)
    return metres > limits.translation or radians > limits.rotation

"""A demonstration as plain arrays: one row a commanded step, and the actions that follow from its poses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from molmoact.profile import CheckpointProfile
from molmoact_common.poses import Pose, delta_between

Array = NDArray[np.float64]

POSE_NUMBERS = ("x", "y", "z", "qx", "qy", "qz", "qw", "gripper")
"""One arm's state: TCP in its base frame (metres, unit quaternion), gripper opening 0 closed .. 1 open."""

ACTION_NUMBERS = ("dx", "dy", "dz", "rx", "ry", "rz", "gripper")
"""One arm's action; the profile says units, frame, and what the gripper number means."""


@dataclass(frozen=True, slots=True)
class Motion:
    """What the arms did in N steps.

    Attributes:
        measured: shape (N, arms, 8), see POSE_NUMBERS; when the step's pictures were exposed.
        commanded: shape (N, arms, 8); the targets that held before the step.
        targets: shape (N, arms, 8); what the step commanded.
    """

    measured: Array
    commanded: Array
    targets: Array

    def __len__(self) -> int:
        return len(self.commanded)

    def kept(self, rows: NDArray[np.intp]) -> "Motion":
        """These rows only; each then leads to the next one that is kept, so that nothing of the way is lost."""
        ends = np.append(rows[1:] - 1, len(self) - 1)
        return Motion(self.measured[rows], self.commanded[rows], self.targets[ends])


@dataclass(frozen=True, slots=True)
class Episode:
    """One demonstration, ready to be written.

    Attributes:
        source: where it comes from, for records.
        instruction: what was asked for, verbatim.
        views: camera name -> N encoded RGB pictures (PNG or JPEG), in the profile's order of views.
        depth: 16-bit PNGs of the first view in its camera's depth unit; empty: none.
        depth_unit: metres a depth unit.
        stamps_ns: shape (N,), exposure of the newest picture of each row.
        steps: shape (N,), the bridge's command-step counter.
        measured: shape (N, arms, 8), see POSE_NUMBERS.
        commanded: shape (N, arms, 8).
        actions: shape (N, 7 * arms), see `actions_of`.
        hands: shape (N, arms, 2), pixels of each TCP in the first view; NaN: not known.
    """

    source: str
    instruction: str
    views: Mapping[str, Sequence[bytes]]
    depth: Sequence[bytes]
    depth_unit: float
    stamps_ns: NDArray[np.int64]
    steps: NDArray[np.int64]
    measured: Array
    commanded: Array
    actions: Array
    hands: Array

    def __len__(self) -> int:
        return len(self.actions)


def pose_row(pose: Pose, opening: float) -> Array:
    """Eight numbers, see POSE_NUMBERS."""
    return np.concatenate([pose.position, pose.quaternion, [opening]])


def pose_of(row: Array) -> Pose:
    """The pose in a row of POSE_NUMBERS."""
    return Pose(row[:3], row[3:7])


def actions_of(motion: Motion, profile: CheckpointProfile) -> Array:
    """Actions of every step, in the units and conventions of `profile`.

    Deltas are between commanded poses, or between measured ones where the profile says so; they compose exactly
    as the bridge composes a chunk. The gripper is always the commanded one.

    Returns:
        Shape (N, 7 * arms). The gripper stands as the published data have it, the other way round than it is
        written: with `gripper: one_is_open` 1 is closed, for `1 - raw` is what a model learns to write.
    """
    arms = motion.commanded.shape[1]
    rows = [np.concatenate([_action(motion, step, arm, profile) for arm in range(arms)]) for step in range(len(motion))]
    return np.array(rows).reshape(len(motion), -1)


def _action(motion: Motion, step: int, arm: int, profile: CheckpointProfile) -> Array:
    start, end = motion.commanded[step, arm], motion.targets[step, arm]
    opening = end[7]
    if profile.deltas == "measured":
        start, end = motion.measured[step, arm], motion.measured[min(step + 1, len(motion) - 1), arm]
    delta = delta_between(pose_of(start), pose_of(end), profile.frame, profile.rotation)
    delta[:3] /= profile.translation_scale
    delta[3:] /= profile.rotation_scale
    return np.append(delta, 1.0 - opening if profile.gripper == "one_is_open" else opening)

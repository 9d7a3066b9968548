"""A remote policy's answer as deltas: rows of any convention into metres, radians and opening, or a refusal."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from molmoact.profile import CheckpointProfile
from molmoact.runtime.observation import ArmObservation, Observation
from molmoact_common.chunks import DOF_PER_ARM
from molmoact_common.poses import Pose, delta_between, rotation_from_delta
from molmoact_policy.remote.settings import ActionMapping, ArmColumns

Numbers = NDArray[np.float64]

ROTATION_COLUMNS = {"profile": 3, "quaternion_xyzw": 4, "quaternion_wxyz": 4, "rotation_6d": 6}


class BadAnswerError(ValueError):
    """The answer is not of the agreed form; nothing of it is used."""


def deltas(answer: object, observation: Observation, mapping: ActionMapping, profile: CheckpointProfile) -> Numbers:
    """Deltas as a chunk has them, shape (profile.steps, 7 * arms).

    Absolute poses become steps from the *commanded* pose of the observation, on which the bridge composes them again.

    Args:
        answer: what the server gave.
        observation: what it was asked about.
        mapping: how a row is read.
        profile: units, rotation numbers, gripper, steps used.

    Raises:
        BadAnswerError: no array of numbers, of another shape, not finite, or far outside the gripper's range.
    """
    rows = _rows(answer, mapping, profile)
    arms = [
        _arm(rows, columns, observation.arms.get(arm), mapping, profile)
        for arm, columns in zip(profile.arms, mapping.columns, strict=True)
    ]
    return np.concatenate(arms, axis=1)


def _rows(answer: object, mapping: ActionMapping, profile: CheckpointProfile) -> Numbers:
    if not isinstance(answer, np.ndarray) or answer.dtype.kind not in "fiu":
        raise BadAnswerError(f"the answer holds no array of numbers, but {type(answer).__name__}")
    wanted = f"at least {profile.steps} rows of {mapping.width}"
    if answer.ndim != 2 or answer.shape[0] < profile.steps or answer.shape[1] != mapping.width:
        raise BadAnswerError(f"the answer has shape {answer.shape}; the mapping wants {wanted}")
    rows = answer[: profile.steps].astype(np.float64)
    if not np.isfinite(rows).all():
        step, column = np.argwhere(~np.isfinite(rows))[0]
        raise BadAnswerError(f"the answer has {rows[step, column]} in step {step}, column {column}")
    return rows


def _arm(
    rows: Numbers, at: ArmColumns, arm: ArmObservation | None, mapping: ActionMapping, profile: CheckpointProfile
) -> Numbers:
    turns = ROTATION_COLUMNS[mapping.rotation]
    if max(at.translation + 3, at.rotation + turns, at.gripper + 1) > mapping.width:
        raise BadAnswerError(f"action.columns reach beyond the {mapping.width} columns of a row")
    moves = rows[:, at.translation : at.translation + 3] * profile.translation_scale
    rotations = rows[:, at.rotation : at.rotation + turns]
    result = np.empty((len(rows), DOF_PER_ARM))
    if mapping.poses == "deltas":
        result[:, :3], result[:, 3:6] = moves, rotations * profile.rotation_scale
    else:
        result[:, :6] = _from_poses(moves, rotations, arm, mapping, profile)
    result[:, 6] = _opening(rows[:, at.gripper], mapping, profile)
    return result


def _from_poses(
    positions: Numbers,
    rotations: Numbers,
    arm: ArmObservation | None,
    mapping: ActionMapping,
    profile: CheckpointProfile,
) -> Numbers:
    if arm is None:
        raise BadAnswerError("absolute poses need the arm's state, and the observation has none")
    quaternions = [_rotation(numbers, mapping, profile).as_quat() for numbers in rotations]
    poses = [arm.commanded, *(Pose(*pair) for pair in zip(positions, quaternions, strict=True))]
    return np.array([delta_between(start, end, profile.frame, profile.rotation) for start, end in pairwise(poses)])


def _rotation(numbers: Numbers, mapping: ActionMapping, profile: CheckpointProfile) -> Rotation:
    if mapping.rotation == "profile":
        return rotation_from_delta(numbers * profile.rotation_scale, profile.rotation)
    if mapping.rotation == "rotation_6d":
        first, second = numbers[:3], numbers[3:]
        if np.linalg.norm(np.cross(first, second)) < 1e-3:
            raise BadAnswerError("the two columns of a rotation are parallel or zero")
        across = np.cross(first, second)
        return Rotation.from_matrix(_orthonormal(first, np.cross(across, first), across))
    if not 0.5 < np.linalg.norm(numbers) < 2:
        raise BadAnswerError(f"a quaternion of length {np.linalg.norm(numbers):.2g}")
    return Rotation.from_quat(numbers, scalar_first=mapping.rotation == "quaternion_wxyz")


def _orthonormal(*columns: Numbers) -> Numbers:
    return np.column_stack([column / np.linalg.norm(column) for column in columns])


def _opening(raw: Numbers, mapping: ActionMapping, profile: CheckpointProfile) -> Numbers:
    low, high = mapping.gripper_range
    share = (raw - low) / (high - low)
    if share.min() < -1 or share.max() > 2:  # regression may overshoot a little; this is another convention
        raise BadAnswerError(f"gripper numbers {raw.min():.3g} to {raw.max():.3g} are far outside {low:g} to {high:g}")
    opening = np.clip(share if profile.gripper == "one_is_open" else 1 - share, 0.0, 1.0)
    return opening if mapping.gripper_threshold is None else (opening > mapping.gripper_threshold).astype(np.float64)

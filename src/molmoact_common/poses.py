"""Poses and end-effector deltas: the one place where a delta is composed on a pose, or taken between two."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

Vector = NDArray[np.float64]


class DeltaFrame(StrEnum):
    """Frame in which a delta is expressed."""

    BASE = "base"
    TOOL = "tool"


class RotationConvention(StrEnum):
    """How the three rotation numbers of a delta are read (radians)."""

    ROTATION_VECTOR = "rotation_vector"
    EULER_XYZ = "euler_xyz"  # extrinsic: about the fixed x, then y, then z


@dataclass(frozen=True, slots=True)
class Pose:
    """Position (metres, shape (3,)) and orientation (unit quaternion x, y, z, w, shape (4,)) in a parent frame."""

    position: Vector
    quaternion: Vector

    @classmethod
    def from_matrix(cls, matrix: NDArray[np.floating]) -> "Pose":
        """From a 4x4 homogeneous transform; the rotation part is made orthonormal."""
        array = np.asarray(matrix, dtype=np.float64)
        return cls(array[:3, 3].copy(), Rotation.from_matrix(array[:3, :3]).as_quat())

    def matrix(self) -> Vector:
        """The 4x4 homogeneous transform."""
        result = np.eye(4)
        result[:3, :3] = self.rotation().as_matrix()
        result[:3, 3] = self.position
        return result

    def rotation(self) -> Rotation:
        """The orientation as a scipy Rotation."""
        return Rotation.from_quat(self.quaternion)

    def distance_to(self, other: "Pose") -> tuple[float, float]:
        """Translation (metres) and rotation angle (radians, 0..pi) between the two."""
        metres = float(np.linalg.norm(other.position - self.position))
        return metres, float((self.rotation().inv() * other.rotation()).magnitude())

    def __matmul__(self, other: "Pose") -> "Pose":
        rotation = self.rotation()
        position = self.position + rotation.apply(other.position)
        return Pose(position, (rotation * other.rotation()).as_quat())

    def inverse(self) -> "Pose":
        """The transform that undoes this one."""
        back = self.rotation().inv()
        return Pose(-back.apply(self.position), back.as_quat())


def rotation_from_delta(angles: Vector, convention: RotationConvention) -> Rotation:
    """The rotation that three numbers (radians) mean under `convention`."""
    if convention is RotationConvention.ROTATION_VECTOR:
        return Rotation.from_rotvec(angles)
    return Rotation.from_euler("xyz", angles)


def delta_from_rotation(rotation: Rotation, convention: RotationConvention) -> Vector:
    """Inverse of `rotation_from_delta`."""
    if convention is RotationConvention.ROTATION_VECTOR:
        return np.asarray(rotation.as_rotvec())
    return np.asarray(rotation.as_euler("xyz"))


def compose_delta(pose: Pose, delta: Vector, frame: DeltaFrame, convention: RotationConvention) -> Pose:
    """`pose` moved by one step.

    Args:
        pose: where the step starts.
        delta: shape (6,): dx dy dz (metres), then three rotation numbers (radians).
        frame: BASE turns about the base axes through the TCP and moves along them; TOOL uses the TCP's own axes.
        convention: meaning of the rotation numbers.
    """
    turn = rotation_from_delta(delta[3:6], convention)
    if frame is DeltaFrame.BASE:
        return Pose(pose.position + delta[:3], (turn * pose.rotation()).as_quat())
    return Pose(pose.position + pose.rotation().apply(delta[:3]), (pose.rotation() * turn).as_quat())


def delta_between(start: Pose, end: Pose, frame: DeltaFrame, convention: RotationConvention) -> Vector:
    """The step, shape (6,), that leads from `start` to `end`; inverse of `compose_delta`."""
    shift = end.position - start.position
    if frame is DeltaFrame.BASE:
        turn = end.rotation() * start.rotation().inv()
    else:
        shift = start.rotation().inv().apply(shift)
        turn = start.rotation().inv() * end.rotation()
    return np.concatenate([shift, delta_from_rotation(turn, convention)])

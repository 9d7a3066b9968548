"""Where a camera stands and how it projects: what it takes to find the hand in its picture."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from molmoact_common.poses import Pose
from molmoact_common.yaml_config import Settings, load_settings

Array = NDArray[np.float64]


class Transform(Settings):
    """A frame in its parent: position (metres) and quaternion (x y z w; brought to unit length)."""

    position: tuple[float, float, float] = (0.0, 0.0, 0.0)
    quaternion: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)

    @property
    def pose(self) -> Pose:
        """As a pose."""
        quaternion = np.array(self.quaternion)
        return Pose(np.array(self.position), quaternion / np.linalg.norm(quaternion))


class Intrinsics(Settings):
    """A pinhole without distortion, as RealSense color streams are rectified; whole pixels are pixel centres.

    Attributes:
        width: pixels of the picture that the figures are for.
        height: pixels.
        fx: focal length, pixels.
        fy: focal length, pixels.
        cx: principal point, pixels.
        cy: principal point, pixels.
    """

    width: int = Field(ge=1)
    height: int = Field(ge=1)
    fx: float = Field(gt=0)
    fy: float = Field(gt=0)
    cx: float
    cy: float


class CameraCalibration(Settings):
    """One standing camera.

    Attributes:
        camera: its optical frame (z forward, x right, y down) in the world.
        bases: arm name -> its base in the world; an arm that is not named stands at the world's origin.
        intrinsics: of its color stream; None: those that the camera publishes.
        residual_px: root mean square of the calibration's residuals, pixels; None: not known.
    """

    camera: Transform
    bases: Mapping[str, Transform] = Field(default_factory=dict)
    intrinsics: Intrinsics | None = None
    residual_px: float | None = None


class Calibration(Settings):
    """The standing cameras of a set-up by name."""

    cameras: Mapping[str, CameraCalibration]


def load_calibration(path: Path) -> Calibration:
    """Read and validate a calibration file.

    Raises:
        ConfigError: unreadable or not of this schema; the line names the field.
    """
    return load_settings(path, Calibration)


def project(camera: Pose, intrinsics: Intrinsics, points: Array) -> Array:
    """Pixels (x, y), shape (N, 2), of points in the camera's parent frame, shape (N, 3), metres; NaN behind it."""
    seen = camera.rotation().inv().apply(points - camera.position)
    depth = np.where(seen[:, 2] > 0, seen[:, 2], np.nan)
    x = seen[:, 0] / depth * intrinsics.fx + intrinsics.cx
    y = seen[:, 1] / depth * intrinsics.fy + intrinsics.cy
    return np.stack([x, y], axis=1)


def hand_pixels(calibration: CameraCalibration, intrinsics: Intrinsics, arm: str, positions: Array) -> Array:
    """Pixels, shape (N, 2), of an arm's TCP positions in its own base frame, shape (N, 3), metres."""
    base = calibration.bases.get(arm, Transform()).pose
    in_world = base.position + base.rotation().apply(positions)
    return project(calibration.camera.pose, intrinsics, in_world)

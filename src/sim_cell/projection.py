"""Points of the world in a camera's picture, and the trace that a path leaves there."""

import numpy as np
from numpy.typing import NDArray

from molmoact.runtime.observation import TracePoints
from sim_cell.settings import CameraSettings

TRACE_POINTS = 5
TRACE_RANGE = 256
"""Traces count each side of the picture from 0 to 255 (the published models' protocol)."""


def project(camera: CameraSettings, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pixels (x, y), shape (n, 2), of points in the camera's parent frame, shape (n, 3), metres.

    Points behind the camera give NaN.
    """
    seen = camera.pose.rotation().inv().apply(points - camera.pose.position)
    fx, fy, ppx, ppy = camera.intrinsics
    depth = np.where(seen[:, 2] > 0, seen[:, 2], np.nan)
    return np.stack([seen[:, 0] / depth * fx + ppx, seen[:, 1] / depth * fy + ppy], axis=1)


def trace_of(camera: CameraSettings, path: NDArray[np.float64]) -> TracePoints:
    """At most five points, evenly spaced along `path` (world, metres, shape (n, 3)), clipped to the picture."""
    pixels = project(camera, evenly(path, TRACE_POINTS))
    scaled = (pixels + 0.5) * TRACE_RANGE / np.array([camera.width, camera.height])
    return tuple((int(x), int(y)) for x, y in np.clip(np.floor(scaled), 0, TRACE_RANGE - 1))


def evenly(path: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """`count` points at equal distances along the path; a path without length gives its first point alone."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    if along[-1] == 0.0:
        return path[:1]
    places = np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(places, along, path[:, axis]) for axis in range(3)], axis=1)

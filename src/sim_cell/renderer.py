"""Draws the cameras' views of a world state, off screen, on a CPU if need be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim_cell.canvas import Canvas
from sim_cell.render_model import load_render_model
from sim_cell.settings import CameraSettings, SceneSettings

DEPTH_UNIT = 0.001
"""Metres a depth unit of the drawn depth pictures (a D435's default)."""


@dataclass(frozen=True, slots=True)
class View:
    """What one camera sees.

    Attributes:
        rgb: uint8, shape (height, width, 3).
        depth: uint16, millimetres along the optical axis, shape (height, width), 0 beyond 65 m; None: no depth.
    """

    rgb: NDArray[np.uint8]
    depth: NDArray[np.uint16] | None


class CellRenderer:
    """Renders all cameras of a scene; belongs to the thread that made it (its GL context does).

    MUJOCO_GL must say "egl" (or "osmesa") before mujoco is imported where there is no display.
    """

    def __init__(self, settings: SceneSettings, cache: Path) -> None:
        self._cameras = settings.cameras
        self._model = load_render_model(settings, cache)
        self._data: Any = mujoco.MjData(self._model)
        width = max(camera.width for camera in self._cameras.values())
        height = max(camera.height for camera in self._cameras.values())
        self._canvas = Canvas(self._model, width, height)

    def render(self, qpos: NDArray[np.float64]) -> dict[str, View]:
        """Camera name -> view of the state `qpos` (as in a snapshot)."""
        self._data.qpos[:] = qpos
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
        return {name: self._view(name, camera) for name, camera in self._cameras.items()}

    def close(self) -> None:
        """Free the GL context."""
        self._canvas.close()

    def _view(self, name: str, camera: CameraSettings) -> View:
        size = camera.height, camera.width
        rgb, metres = self._canvas.draw(self._data, self._model.camera(name).id, size, depth=camera.depth)
        if metres is None:
            return View(rgb, None)
        units = metres / DEPTH_UNIT
        return View(rgb, np.where(units < 65535, np.rint(units), 0).astype(np.uint16))

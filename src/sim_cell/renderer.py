"""Draws the cameras' views of a world state, off screen, on a CPU if need be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim_cell.render_model import load_render_model
from sim_cell.settings import CameraSettings, SceneSettings

DEPTH_UNIT = 0.001
"""Metres a depth unit of the drawn depth pictures (a D435's default)."""

NEAR, FAR = 0.03, 12.0
"""Clipping planes, metres: the wrist camera sees the fingers from nearby."""


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
        _make_cheap(self._model, settings)
        self._data: Any = mujoco.MjData(self._model)
        self._renderers = {
            name: mujoco.Renderer(self._model, camera.height, camera.width) for name, camera in self._cameras.items()
        }
        for renderer in self._renderers.values():
            # Shadows and reflections take most of the time of a software renderer.
            renderer.scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = 0
            renderer.scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = 0

    def render(self, qpos: NDArray[np.float64]) -> dict[str, View]:
        """Camera name -> view of the state `qpos` (as in a snapshot)."""
        self._data.qpos[:] = qpos
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
        return {name: self._view(name, camera) for name, camera in self._cameras.items()}

    def close(self) -> None:
        """Free the GL contexts."""
        for renderer in self._renderers.values():
            renderer.close()

    def _view(self, name: str, camera: CameraSettings) -> View:
        renderer = self._renderers[name]
        renderer.update_scene(self._data, camera=name)
        rgb = renderer.render()
        if not camera.depth:
            return View(rgb, None)
        renderer.enable_depth_rendering()
        units = renderer.render() / DEPTH_UNIT
        renderer.disable_depth_rendering()
        return View(rgb, np.where(units < 65535, np.rint(units), 0).astype(np.uint16))


def _make_cheap(model: Any, settings: SceneSettings) -> None:
    model.vis.global_.offwidth = max(camera.width for camera in settings.cameras.values())
    model.vis.global_.offheight = max(camera.height for camera in settings.cameras.values())
    model.vis.quality.offsamples = 0
    model.vis.map.znear = NEAR / model.stat.extent
    model.vis.map.zfar = FAR / model.stat.extent

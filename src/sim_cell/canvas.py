"""An off-screen canvas: a camera's picture and its depth in one go, without drawing what is out of sight."""

import weakref
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

NEAR, FAR = 0.03, 12.0
"""Clipping planes, metres: the wrist camera sees the fingers from nearby."""

_HIDDEN = 5
"""A group of geoms that MuJoCo does not draw unless asked to."""


class Canvas:
    """One GL context for all cameras of a model; belongs to the thread that made it (its GL context does).

    Args:
        model: an MjModel; its quality settings, clipping planes and groups of geoms are changed.
        width: of the widest picture, pixels.
        height: of the highest picture, pixels.
    """

    def __init__(self, model: Any, width: int, height: int) -> None:
        self._model = model
        model.vis.global_.offwidth, model.vis.global_.offheight = width, height
        model.vis.quality.offsamples = 0
        model.vis.map.znear, model.vis.map.zfar = NEAR / model.stat.extent, FAR / model.stat.extent
        self._groups = model.geom_group.copy()
        self._gl = mujoco.GLContext(width, height)
        self._gl.make_current()
        self._context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100.value)
        self._context.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR.value
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._context)
        self._scene = mujoco.MjvScene(model, maxgeom=1000)
        # Shadows and reflections take most of the time of a software renderer.
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = 0
        self._scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = 0
        # Left to itself MuJoCo would free what it has on the graphics card in whichever context is current then. At the
        # end of the process the driver frees it all, and EGL may be gone already.
        self._free = weakref.finalize(self, _free, self._gl, self._context)
        self._free.atexit = False
        self._option = mujoco.MjvOption()
        self._camera = mujoco.MjvCamera()
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FIXED.value

    def draw(
        self, data: Any, camera: int, size: tuple[int, int], *, depth: bool
    ) -> tuple[NDArray[np.uint8], NDArray[np.float64] | None]:
        """A picture, and with `depth` the distances along the optical axis.

        Args:
            data: MjData whose kinematics, cameras and lights are up to date.
            camera: its number in the model.
            size: height and width, pixels.
            depth: whether distances are wanted.

        Returns:
            RGB uint8 (height, width, 3), and metres (height, width) or None.
        """
        height, width = size
        self._gl.make_current()
        self._model.geom_group[:] = np.where(in_sight(self._model, data, camera, width / height), self._groups, _HIDDEN)
        self._camera.fixedcamid = camera
        everything = mujoco.mjtCatBit.mjCAT_ALL.value
        mujoco.mjv_updateScene(self._model, data, self._option, None, self._camera, everything, self._scene)
        area = mujoco.MjrRect(0, 0, width, height)
        mujoco.mjr_render(area, self._scene, self._context)
        rgb = np.empty((height, width, 3), np.uint8)
        raw = np.empty((height, width), np.float32) if depth else None
        mujoco.mjr_readPixels(rgb, raw, area, self._context)
        return np.ascontiguousarray(rgb[::-1]), None if raw is None else metres(raw[::-1])

    def close(self) -> None:
        """Free the GL context; a second time does nothing."""
        self._free()


def _free(gl: Any, context: Any) -> None:
    gl.make_current()
    context.free()
    gl.free()


def metres(raw: NDArray[np.float32]) -> NDArray[np.float64]:
    """Distances along the optical axis of a depth buffer whose far plane is 0 and whose near plane is 1."""
    return np.asarray(NEAR * FAR / (NEAR + raw.astype(np.float64) * (FAR - NEAR)))


def in_sight(model: Any, data: Any, camera: int, aspect: float) -> NDArray[np.bool_]:
    """Which geoms may be in a camera's picture, by their bounding spheres; a plane always may."""
    radius = model.geom_rbound
    seen = (data.geom_xpos - data.cam_xpos[camera]) @ data.cam_xmat[camera].reshape(3, 3)
    up = np.tan(np.radians(model.cam_fovy[camera]) / 2)
    outside = -seen[:, 2] < -radius
    for across, tangent in ((seen[:, 0], up * aspect), (seen[:, 1], up)):
        outside |= (np.abs(across) + seen[:, 2] * tangent) / np.hypot(1.0, tangent) > radius
    return np.asarray(~outside | (radius == 0.0))

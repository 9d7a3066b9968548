"""Joints for places of the hand, near joints that are known: damped least squares, as franky-sim does it."""

from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from molmoact_common.poses import Pose
from sim_cell.settings import HAND_TCP

Array = NDArray[np.float64]

_DAMP = 1e-4 * np.eye(6)
_ROUNDS = 5
_CLOSE = 1e-4
"""Metres and radians together; below, the place is reached."""

_JOINTS = 7


class Reach:
    """Inverse kinematics of the first arm of a model; scipy's rotations would take most of the time of a step.

    Args:
        model: an MjModel of the scene.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._data: Any = mujoco.MjData(model)
        self._hand = model.body("robot0_hand").id
        self._jacobian = np.zeros((6, model.nv))
        self._low, self._high = model.jnt_range[:_JOINTS].T
        self._error = np.zeros(6)

    def tcp(self, joints: Array) -> Pose:
        """Pose of the hand_tcp frame in the base for joints (radians, shape (7,))."""
        position = self._look(joints)
        return Pose(position, np.roll(self._data.xquat[self._hand], -1))

    def joints(self, position: Array, quaternion: Array, near: Array) -> Array:
        """Joints (radians, shape (7,)) that bring the hand to a place, or as near as few rounds from `near` do.

        Args:
            position: of the TCP in the base, metres.
            quaternion: of the TCP, w first, as MuJoCo has it.
            near: where to begin, radians.
        """
        found = near
        for _ in range(_ROUNDS):
            point = self._look(found)
            self._error[:3] = position - point
            mujoco.mju_subQuat(self._error[3:], quaternion, self._data.xquat[self._hand])
            if float(self._error @ self._error) < _CLOSE**2:
                break
            self._error[3:] = self._data.xmat[self._hand].reshape(3, 3) @ self._error[3:]
            found = (found + self._step(point)).clip(self._low, self._high)
        return found

    def _look(self, joints: Array) -> Array:
        """Position of the TCP for joints."""
        self._data.qpos[:_JOINTS] = joints
        mujoco.mj_kinematics(self._model, self._data)
        return np.asarray(self._data.xpos[self._hand] + self._data.xmat[self._hand].reshape(3, 3) @ HAND_TCP)

    def _step(self, point: Array) -> Array:
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_jac(self._model, self._data, self._jacobian[:3], self._jacobian[3:], point, self._hand)
        arm = self._jacobian[:, :_JOINTS]
        return np.asarray(arm.T @ np.linalg.solve(arm @ arm.T + _DAMP, self._error))

"""Forward and inverse kinematics of the FR3 that franky-sim's model describes."""

import numpy as np
import pinocchio as pin
from franky_sim.urdf import FR3_URDF

FLANGE_TO_HAND = pin.SE3(pin.rpy.rpyToMatrix(0.0, 0.0, -np.pi / 4), np.array([0.0, 0.0, 0.1034])).homogeneous
"""F_T_NE of a Franka hand."""

_CLOSE = 1e-11
_ROUNDS = 12
_DAMPING = 1e-12 * np.eye(6)
"""Keeps the way through a singular pose finite; what it leaves of the error the next round takes."""


class Kinematics:
    """Joints (rad, shape (7,)) to the end effector's 4x4 pose in the base frame, and back from close by."""

    def __init__(self) -> None:
        self._model = pin.buildModelFromXML(FR3_URDF)
        self._data = self._model.createData()
        self._flange = self._model.getFrameId("link8")

    def forward(self, q: np.ndarray, flange_to_ee: np.ndarray) -> np.ndarray:
        """Pose of the end effector."""
        pin.framesForwardKinematics(self._model, self._data, q)
        return self._data.oMf[self._flange].homogeneous @ flange_to_ee

    def inverse(self, q: np.ndarray, pose: np.ndarray, flange_to_ee: np.ndarray) -> np.ndarray:
        """Joints of `pose` nearest to `q` that keep the third joint, which is the elbow of an FR3."""
        target = pose @ np.linalg.inv(flange_to_ee)
        free = [0, 1, 3, 4, 5, 6]
        q = q.copy()
        for _ in range(_ROUNDS):
            jacobian = pin.computeFrameJacobian(self._model, self._data, q, self._flange, pin.LOCAL_WORLD_ALIGNED)
            pin.updateFramePlacement(self._model, self._data, self._flange)
            placed = self._data.oMf[self._flange]
            error = np.concatenate([target[:3, 3] - placed.translation, pin.log3(target[:3, :3] @ placed.rotation.T)])
            if np.abs(error).max() < _CLOSE:
                break
            part = jacobian[:, free]
            q[free] += np.linalg.solve(part.T @ part + _DAMPING, part.T @ error)
        return q

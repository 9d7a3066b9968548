"""Kinematics of one arm, from how the robot describes itself: where joints lead, and which joints lead to a pose."""

import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pinocchio as pin

from molmoact_common.errors import ConfigError
from molmoact_common.poses import Pose, Vector

JOINTS = 7
ELBOW = 2
"""Joint 3: held, so that a pose has one set of joints; an FR3 turns it by itself as it sees fit, slowly."""
FREE = [joint for joint in range(JOINTS) if joint != ELBOW]
FLANGE = "link8"
FLANGE_FRAME = JOINTS + 1
"""Its place in what `Kinematics.joint_frames` returns."""

_CLOSE = 1e-9
"""Metres and radians left of an error that counts as none."""
_ROUNDS = 25
_LONGEST = 0.3
"""Radians of a joint that one round may take, so that a far target is walked to instead of jumped at."""
_DAMPING = 1e-12 * np.eye(JOINTS - 1)
"""Keeps the way past a singular pose finite; what it leaves of the error the next round takes."""


@dataclass(frozen=True, slots=True)
class JointLimits:
    """Each of shape (7,): ends of the range (rad), and what bounds the speed (rad/s, rad/s, rad/s2)."""

    lower: Vector
    upper: Vector
    speed: Vector
    offset: Vector
    deceleration: Vector

    def room(self, q: Vector) -> Vector:
        """Radians from each joint to the nearer end of its range; negative: beyond."""
        return np.asarray(np.minimum(q - self.lower, self.upper - q))

    def fastest(self, q: Vector, dq: Vector) -> Vector:
        """rad/s, shape (7,), that the robot allows each joint at `q` in the direction of `dq`.

        Source: libfranka 0.21.2, `rate_limiting.h`: the root of what can be braked within the room that is left, less
        an offset, and never above the joint's own limit.
        """
        room = np.maximum(np.where(dq > 0, self.upper - q, q - self.lower), 0.0)
        return np.asarray(np.clip(np.sqrt(2 * self.deceleration * room) - self.offset, 0.0, self.speed))

    @classmethod
    def parse(cls, urdf: str) -> "JointLimits":
        """Read the limits of joints 1..7; an FR3 says all of them.

        Raises:
            ConfigError: one is missing.
        """
        names = [("limit", "lower"), ("limit", "upper"), ("limit", "velocity")]
        names += [("position_based_velocity_limits", key) for key in ("velocity_offset", "deceleration_limit")]
        joints = [joint for joint in ElementTree.fromstring(urdf).iter("joint") if _number(joint.get("name", ""))]
        joints.sort(key=lambda joint: _number(joint.get("name", "")))
        if len(joints) != JOINTS:
            raise ConfigError(f"the robot describes {len(joints)} joints, not {JOINTS}; this bridge moves FR3s only")
        return cls(*(np.array([_figure(joint, tag, key) for joint in joints]) for tag, key in names))


def _number(name: str) -> int:
    """1..7 of a joint of the arm; 0 of any other."""
    match = re.search(r"joint([1-7])$", name)
    return int(match.group(1)) if match else 0


def _figure(joint: ElementTree.Element, tag: str, key: str) -> float:
    element = joint.find(tag)
    text = None if element is None else element.get(key)
    if text is None:
        raise ConfigError(
            f"the robot's description has no {tag}/{key} for {joint.get('name')}; it needs system image 5.9 or later"
        )
    return float(text)


def _placement(pose: Pose) -> Any:
    return pin.XYZQUATToSE3(np.concatenate([pose.position, pose.quaternion]))


class Kinematics:
    """One arm with its end effector. Joints are radians, shape (7,); poses are the TCP's in the base frame."""

    def __init__(self, urdf: str, flange_to_tcp: Pose) -> None:
        """`urdf`: the robot's own description.

        Raises:
            ConfigError: it is not that of an FR3.
        """
        self.limits = JointLimits.parse(urdf)
        self._model: Any = pin.buildModelFromXML(urdf)
        self._data: Any = self._model.createData()
        frames = [frame.name for frame in self._model.frames if frame.name.endswith(FLANGE)]
        if self._model.nq != JOINTS or not frames:
            raise ConfigError(f"the robot's description has no frame {FLANGE}, or more joints than an arm's")
        self._flange = self._model.getFrameId(frames[0])
        self._to_tcp: Any = _placement(flange_to_tcp)
        self._to_flange: Any = self._to_tcp.inverse()

    @classmethod
    def of(cls, urdf: str, q: Vector, tcp: Pose) -> "Kinematics":
        """Of an arm whose TCP is at `tcp` while its joints are at `q`, which tells where the end effector is."""
        bare = cls(urdf, Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0])))
        return cls(urdf, bare.forward(q).inverse() @ tcp)

    def forward(self, q: Vector) -> Pose:
        """The TCP."""
        pin.forwardKinematics(self._model, self._data, q)
        numbers = pin.SE3ToXYZQUAT(self._placed() * self._to_tcp)
        return Pose(numbers[:3], numbers[3:])

    def inverse(self, tcp: Pose, near: Vector) -> Vector | None:
        """The joints of a TCP pose that are found from `near`, with its elbow; none where there are none."""
        flange = _placement(tcp) * self._to_flange
        q = near.copy()
        for _ in range(_ROUNDS):
            jacobian = self._flange_jacobian(q)
            error = pin.log6(self._data.oMf[self._flange].actInv(flange)).vector
            if np.abs(error).max() < _CLOSE:
                return q
            step = np.linalg.solve(jacobian.T @ jacobian + _DAMPING, jacobian.T @ error)
            q[FREE] += step * min(1.0, _LONGEST / max(float(np.abs(step).max()), _LONGEST))
        return None

    def condition(self, q: Vector) -> float:
        """Condition number of the TCP's Jacobian, elbow held: metres and radians as they are, not scaled."""
        jacobian = self._to_flange.action @ self._flange_jacobian(q)
        return float(np.linalg.cond(jacobian))

    def joint_frames(self, q: Vector) -> list[Vector]:
        """4x4 transforms in the base frame: of itself, of joints 1..7, of the flange."""
        pin.forwardKinematics(self._model, self._data, q)
        placed = [self._data.oMi[joint].homogeneous for joint in range(JOINTS + 1)]
        return [*placed, self._placed().homogeneous]

    def _placed(self) -> Any:
        return pin.updateFramePlacement(self._model, self._data, self._flange)

    def _flange_jacobian(self, q: Vector) -> Vector:
        """Shape (6, 6): linear over angular, in the flange's own axes, of all joints but the elbow."""
        pin.computeJointJacobians(self._model, self._data, q)
        self._placed()
        return np.asarray(pin.getFrameJacobian(self._model, self._data, self._flange, pin.LOCAL)[:, FREE])

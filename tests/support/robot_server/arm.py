"""An arm that is always exactly where it was told to be, with the history that the protocol echoes."""

from dataclasses import dataclass, field

import numpy as np
import pinocchio as pin

from support.robot_server.kinematics import FLANGE_TO_HAND, Kinematics

TICK = 0.001
BRAKING = 10.0
"""rad/s2 of the fastest joint while the robot stops by its own: the FR3's own acceleration limit."""


@dataclass(slots=True)
class Track:
    """A value that is commanded each tick, and its backward differences; poses differ by twists."""

    value: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray

    @classmethod
    def resting(cls, value: np.ndarray, size: int) -> "Track":
        return cls(value.copy(), np.zeros(size), np.zeros(size))

    def follow(self, value: np.ndarray) -> None:
        """One tick later it is at `value`."""
        velocity = _difference(self.value, value) / TICK
        self.acceleration = (velocity - self.velocity) / TICK
        self.velocity = velocity
        self.value = value

    def extrapolated(self) -> np.ndarray:
        """Where it is one tick later at the same acceleration: what a robot assumes of a packet that is lost."""
        return _sum(self.value, (self.velocity + self.acceleration * TICK) * TICK)


def _difference(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    if start.ndim == 1:
        return end - start
    turn = pin.log3(end[:3, :3] @ start[:3, :3].T)
    return np.concatenate([end[:3, 3] - start[:3, 3], turn])


def _sum(start: np.ndarray, step: np.ndarray) -> np.ndarray:
    if start.ndim == 1:
        return start + step
    end = np.eye(4)
    end[:3, 3] = start[:3, 3] + step[:3]
    end[:3, :3] = pin.exp3(step[3:]) @ start[:3, :3]
    return end


@dataclass(slots=True)
class IdealArm:
    """Joints and pose of the commanded end effector.

    Attributes:
        joints: commanded joints; of a Cartesian motion by inverse kinematics.
        pose: commanded pose of the end effector in the base frame; of a joint motion by forward kinematics.
        ne_to_ee: the end effector in the nominal one, as the client sets it.
    """

    joints: Track
    pose: Track = field(init=False)
    ne_to_ee: np.ndarray = field(default_factory=lambda: np.eye(4))
    kinematics: Kinematics = field(default_factory=Kinematics)

    def __post_init__(self) -> None:
        self.rest()

    @classmethod
    def at(cls, q: np.ndarray) -> "IdealArm":
        return cls(Track.resting(np.asarray(q, dtype=np.float64), 7))

    @property
    def flange_to_ee(self) -> np.ndarray:
        return FLANGE_TO_HAND @ self.ne_to_ee

    def rest(self) -> None:
        """Stand still where it is; a new history begins."""
        self.joints = Track.resting(self.joints.value, 7)
        self.pose = Track.resting(self.kinematics.forward(self.joints.value, self.flange_to_ee), 6)

    def follow_joints(self, q: np.ndarray) -> None:
        self.joints.follow(q)
        self.pose.follow(self.kinematics.forward(q, self.flange_to_ee))

    def follow_pose(self, pose: np.ndarray) -> None:
        self.pose.follow(pose)
        self.joints.follow(self.kinematics.inverse(self.joints.value, pose, self.flange_to_ee))

    def brake(self) -> bool:
        """One tick of the robot's own stop, all joints in proportion; whether it stands now."""
        speed = float(np.abs(self.joints.velocity).max())
        share = max(0.0, speed - BRAKING * TICK) / speed if speed > 0.0 else 0.0
        self.follow_joints(self.joints.value + share * self.joints.velocity * TICK)
        return share == 0.0

"""Leads a reference to targets within limits of speed and acceleration, for controllers that plan nothing."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from molmoact_common.poses import Pose, Vector

LONGEST_STEP = 0.05
"""Seconds that one step covers at most: after a pause the reference goes on from where it was."""

APPROACH = 15.0
"""1/s: near its target the reference is this many times as fast as it is far, so that it arrives without chatter."""

STALE = 0.1
"""Seconds after which a target is one to rest at, and two targets tell no speed: the bridge's watchdog."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of a speed (m/s or rad/s) and of its change a second."""

    speed: float
    acceleration: float

    def next_velocity(self, velocity: Vector, left: Vector, target_velocity: Vector, dt: float) -> Vector:
        """The velocity `dt` seconds after `velocity`, where `left` is the way to a target that moves itself."""
        distance = float(np.linalg.norm(left))
        if distance > 0.0:  # half of the acceleration for braking, since the limit holds for curves as well
            closing = min(APPROACH * distance, float(np.sqrt(self.acceleration * distance)))
            target_velocity = target_velocity + closing / distance * left
        return velocity + _capped(_capped(target_velocity, self.speed) - velocity, self.acceleration * dt)


@dataclass(frozen=True, slots=True)
class Twist:
    """Two vectors of shape (3,), base frame: of the position and of the turn."""

    linear: Vector
    angular: Vector


REST = Twist(np.zeros(3), np.zeros(3))


class Leader:
    """A pose on its way; milliseconds are the robot's own and passed in.

    Attributes:
        pose: the reference (TCP, base frame).
        velocity: of it, m/s and rad/s.
        acceleration: in its last step, m/s2 and rad/s2.
    """

    def __init__(self, start: Pose, ms: int, translation: Bounds, rotation: Bounds) -> None:
        """At rest at `start`, which is the target too."""
        self.pose = start
        self.velocity = REST
        self.acceleration = REST
        self._ms = ms
        self._translation = translation
        self._rotation = rotation
        self._target = start
        self._target_ms = ms
        self._target_velocity = REST

    def head_for(self, target: Pose, ms: int, *, last: bool) -> None:
        """A new target; it goes on as it came from the one before, or, if it is the `last`, rests."""
        seconds = (ms - self._target_ms) / 1000
        self._target_velocity = REST
        if not last and 0.0 < seconds <= STALE:
            way = _way(self._target, target)
            self._target_velocity = Twist(way.linear / seconds, way.angular / seconds)
        self._target, self._target_ms = target, ms

    def step(self, ms: int) -> None:
        """Go on to the robot's millisecond `ms`."""
        dt = min(max(ms - self._ms, 0) / 1000, LONGEST_STEP)
        self._ms = ms
        if dt == 0.0:
            return
        moving = self._target_velocity if ms - self._target_ms <= STALE * 1000 else REST
        way, before = _way(self.pose, self._target), self.velocity
        self.velocity = Twist(
            self._translation.next_velocity(before.linear, way.linear, moving.linear, dt),
            self._rotation.next_velocity(before.angular, way.angular, moving.angular, dt),
        )
        self.acceleration = Twist(
            (self.velocity.linear - before.linear) / dt, (self.velocity.angular - before.angular) / dt
        )
        turned = Rotation.from_rotvec(self.velocity.angular * dt) * self.pose.rotation()
        self.pose = Pose(self.pose.position + self.velocity.linear * dt, turned.as_quat())


def _capped(vector: Vector, size: float) -> Vector:
    """`vector`, shorter where it is longer than `size`."""
    length = float(np.linalg.norm(vector))
    return vector if length <= size else vector * (size / length)


def _way(start: Pose, end: Pose) -> Twist:
    """Metres and rotation vector from `start` to `end`, base frame."""
    return Twist(end.position - start.position, (end.rotation() * start.rotation().inv()).as_rotvec())

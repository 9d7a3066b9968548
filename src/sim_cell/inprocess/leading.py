"""Where the arm is led within a step: evenly towards the command, or behind it with a lag."""

from collections.abc import Iterator

import mujoco
import numpy as np
from numpy.typing import NDArray

from molmoact_common.poses import Pose

Array = NDArray[np.float64]


class Lead:
    """The place that joints are found for; it follows the command.

    Args:
        pose: where it begins.
    """

    def __init__(self, pose: Pose) -> None:
        self._position = pose.position.copy()
        self._quaternion = np.roll(pose.quaternion, 1)

    def way(self, start: Pose, end: Pose, count: int, keep: float) -> Iterator[tuple[Array, Array]]:
        """Position and quaternion (w first) of `count` places while the command goes evenly from `start` to `end`.

        `keep`: part of its distance from the command that each place keeps; 0: it is where the command is.
        """
        first, last = np.roll(start.quaternion, 1), np.roll(end.quaternion, 1)
        turn = np.zeros(3)
        for number in range(1, count + 1):
            quaternion = first.copy()
            mujoco.mju_subQuat(turn, last, first)
            mujoco.mju_quatIntegrate(quaternion, turn, number / count)
            position = start.position + number / count * (end.position - start.position)
            mujoco.mju_subQuat(turn, self._quaternion, quaternion)
            mujoco.mju_quatIntegrate(quaternion, turn, keep)
            self._position = position + keep * (self._position - position)
            self._quaternion = quaternion
            yield self._position, self._quaternion

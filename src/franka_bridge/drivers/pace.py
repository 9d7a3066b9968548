"""How fast a planner may go to the end of a step, so that an arm neither sways nor hurries.

The planner is sent to the end of the step under way, at rest there: never further than is allowed already. An arm that
lags by its braking distance and a little never comes to see that end, and goes on evenly at the speed of the step.
"""

from dataclasses import dataclass

import numpy as np

from franka_bridge.drivers.base import Ahead
from molmoact_common.poses import Pose, Vector

SLACK = 0.025
"""Seconds that an arm lags by more than braking takes: more than one setpoint, so that no motion begins to brake."""

CATCH_UP = 0.15
"""Seconds in which an arm that lags by more makes it up."""

SLOWEST = 0.97
"""Of the speed of the step: an arm that lags by less is slowed down to that, and not further."""

LEAST = 0.002
"""Least share of the limit; a planner with none could not plan."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Limits of a planner: of translation and of rotation, shape (2,).

    Attributes:
        speeds: m/s and rad/s that a share of 1 stands for.
        accelerations: m/s2 and rad/s2 with which it brakes.
        most: share of `speeds` that it may use.
    """

    speeds: Vector
    accelerations: Vector
    most: float

    def share(self, here: Pose, target: Pose, ahead: Ahead) -> float:
        """Of the speeds, for a motion to `ahead.end`.

        Args:
            here: where the arm was sent to last.
            target: where it shall be by now, on the way to `ahead.end`.
            ahead: the step under way.
        """
        wanted = np.array([ahead.speed, ahead.turn])
        braking = wanted**2 / (2 * self.accelerations)
        left, due = np.array(here.distance_to(ahead.end)), np.array(target.distance_to(ahead.end))
        lag = left - due - braking - wanted * SLACK
        speeds = np.maximum(wanted + lag / CATCH_UP, SLOWEST * wanted)
        return float(np.clip((speeds / self.speeds).max(), LEAST, self.most))

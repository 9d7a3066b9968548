"""A chunk that keeps the arms where they are: an operator's, so it goes before the policy's and ends it at once."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from molmoact_common.chunks import DOF_PER_ARM, Chunk
from molmoact_common.poses import DeltaFrame, RotationConvention

ROWS = 4
"""The first may have been overtaken by a step that the bridge has made meanwhile."""

STEP_PERIOD = 1 / 15


@dataclass(frozen=True, slots=True)
class Standing:
    """An arm as the bridge last told of it: its command-step counter, and the gripper's commanded opening."""

    command_step: int
    opening: float


def standstill(arms: Mapping[str, Standing], now_ns: int) -> Chunk:
    """The chunk, anchored on the newest commanded step that is known.

    Args:
        arms: in the order of the bridge's arms.
        now_ns: graph's clock.
    """
    row = np.zeros(DOF_PER_ARM * len(arms))
    row[DOF_PER_ARM - 1 :: DOF_PER_ARM] = [arm.opening for arm in arms.values()]
    return Chunk(
        sequence=now_ns // 1_000_000,
        observation_ns=now_ns,
        command_step=max(arm.command_step for arm in arms.values()),
        arms=tuple(arms),
        deltas=np.tile(row, (ROWS, 1)),
        step_period=STEP_PERIOD,
        frame=DeltaFrame.BASE,
        rotation=RotationConvention.ROTATION_VECTOR,
        model="steering page",
        instruction="stand still",
    )

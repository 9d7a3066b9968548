"""A scripted backend and observation for the policy's tests: stages given by hand, no model."""

from collections.abc import Iterator, Sequence

import numpy as np

from molmoact.profile import CheckpointProfile
from molmoact.runtime.backend import Stage
from molmoact.runtime.observation import Observation
from molmoact_common.poses import DeltaFrame, RotationConvention

PROFILE = CheckpointProfile(
    name="scripted",
    step_period=0.1,
    steps=2,
    frame=DeltaFrame.BASE,
    rotation=RotationConvention.ROTATION_VECTOR,
    gripper="one_is_open",
    deltas="commanded",
    views=("front",),
    prompt="single_view",
)


class ScriptedBackend:
    name = "scripted"
    profile = PROFILE

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.stages = stages
        self.given = 0

    def warm_up(self) -> None: ...

    def close(self) -> None: ...

    def reason(self, observation: Observation) -> Iterator[Stage]:
        for stage in self.stages:
            self.given += 1
            yield stage


def observation(**changes) -> Observation:
    values = {
        "sequence": 5,
        "stamp_ns": 50,
        "views": {"front": np.zeros((4, 4, 3), np.uint8)},
        "instruction": "lift the block",
        "command_step": 3,
        "received_ns": 60,
        "view_stamps": (50,),
    }
    return Observation(**(values | changes))

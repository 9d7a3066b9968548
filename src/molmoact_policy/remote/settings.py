"""What a remote policy is sent and how its answer is read: the schema of `options` in config/policy/remote_*.yaml.

The profile beside it says the rest, in the words of every other policy: units, frame, rotation numbers, what the larger
gripper number means, steps used of an answer, seconds a step, views and arms.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from molmoact.profile import CheckpointProfile
from molmoact_common.errors import ConfigError
from molmoact_common.yaml_config import Settings

Key = str | tuple[str, ...]
"""Name of an entry of the request; several names: one mapping inside another."""


def path(key: Key) -> tuple[str, ...]:
    """The names that lead to an entry."""
    return (key,) if isinstance(key, str) else key


Quaternion = Literal["quaternion_xyzw", "quaternion_wxyz"]

StatePart = Literal[
    "position", "rotation_vector", "euler_xyz", "rotation_6d", "gripper_opening", "gripper_closing", "fingers", "zero"
] | Quaternion  # fmt: skip
"""Numbers of a state vector: TCP in the arm's base frame (metres, radians), then the gripper.

rotation_6d is the first two columns of the rotation matrix, one after the other; gripper_opening is 0 closed .. 1 open,
gripper_closing the other way round; fingers are both finger joints (metres, the second one negative); zero pads.
"""


class ViewMapping(Settings):
    """One view.

    Attributes:
        key: where it goes.
        width: pixels.
        height: pixels.
        fit: "pad" keeps the aspect and adds black bars; "stretch" does not keep it.
        turned: by half a turn (LIBERO's checkpoints were trained on pictures that stand upside down).
        layout: "hwc" or "chw".
        dtype: "uint8" 0..255, or "float32" 0..1.
    """

    key: Key
    width: int = Field(ge=8, le=1920)
    height: int = Field(ge=8, le=1920)
    fit: Literal["pad", "stretch"] = "pad"
    turned: bool = False
    layout: Literal["hwc", "chw"] = "hwc"
    dtype: Literal["uint8", "float32"] = "uint8"


class StateMapping(Settings):
    """One vector: the parts of the first arm, then those of the second.

    Attributes:
        key: where it goes.
        parts: in order.
        pose: which one is told.
        finger_travel: metres of one finger joint between closed and open.
        dtype: of the numbers.
    """

    key: Key
    parts: tuple[StatePart, ...] = Field(min_length=1)
    pose: Literal["measured", "commanded"] = "measured"
    finger_travel: float = Field(default=0.04, gt=0, le=0.1)
    dtype: Literal["float32", "float64"] = "float32"


class ObservationMapping(Settings):
    """What the server gets.

    Attributes:
        views: camera name -> how it is sent; the names are those of the profile.
        states: vectors.
        prompt: where the instruction goes.
    """

    views: Mapping[str, ViewMapping] = Field(min_length=1)
    states: tuple[StateMapping, ...] = ()
    prompt: Key = "prompt"

    @model_validator(mode="after")
    def _keys_do_not_meet(self) -> "ObservationMapping":
        keys = [*(view.key for view in self.views.values()), *(state.key for state in self.states), self.prompt]
        paths = sorted(path(key) for key in keys)
        for shorter, longer in pairwise(paths):
            if longer[: len(shorter)] == shorter:
                raise ValueError(f"two entries of the request meet in {'.'.join(shorter)}; give each a key of its own")
        return self


class ArmColumns(Settings):
    """First column of each of an arm's numbers in a row of the answer."""

    translation: int = Field(default=0, ge=0)
    rotation: int = Field(default=3, ge=0)
    gripper: int = Field(default=6, ge=0)


class ActionMapping(Settings):
    """How a row of the answer is read.

    Attributes:
        width: columns that an answer must have.
        columns: of each arm, in the profile's order.
        poses: "deltas" from step to step, or "absolute" TCP poses in the arm's base frame.
        rotation: "profile": as the profile says; absolute poses may have another form.
        gripper_range: smallest and largest gripper number; the profile says what the larger one means.
        gripper_threshold: opening (0..1) above which the gripper opens wholly, below which it closes; none: as it is.
    """

    width: int = Field(default=7, ge=7, le=64)
    columns: tuple[ArmColumns, ...] = (ArmColumns(),)
    poses: Literal["deltas", "absolute"] = "deltas"
    rotation: Literal["profile", "rotation_6d"] | Quaternion = "profile"
    gripper_range: tuple[float, float] = (0.0, 1.0)
    gripper_threshold: Annotated[float, Field(gt=0, lt=1)] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> "ActionMapping":
        if self.gripper_range[0] >= self.gripper_range[1]:
            raise ValueError("gripper_range is [smallest, largest]; which one is open stands in the profile")
        if self.poses == "deltas" and self.rotation != "profile":
            raise ValueError("deltas have the profile's rotation; other forms are for absolute poses")
        return self


class RemoteOptions(Settings):
    """Options that every remote policy has.

    Attributes:
        connect_seconds: within which the server must accept a connection.
        answer_seconds: within which it must answer; the arm holds meanwhile.
        warm_up_seconds: within which it must answer a blank first observation, which may compile; 0: it gets none.
        observation: what it gets.
        action: how its answer is read.
    """

    connect_seconds: float = Field(default=5.0, gt=0, le=60)
    answer_seconds: float = Field(default=5.0, gt=0, le=120)
    warm_up_seconds: float = Field(default=120.0, ge=0, le=1800)
    observation: ObservationMapping
    action: ActionMapping = ActionMapping()


def check_profile(profile: CheckpointProfile, options: RemoteOptions) -> None:
    """Refuse a profile that does not belong to these options.

    Raises:
        ConfigError: other views or arms, or something that is not the profile's to say here.
    """
    if set(profile.views) != set(options.observation.views):
        raise ConfigError(f"observation.views must be those of profile {profile.name}: {', '.join(profile.views)}")
    if len(options.action.columns) != len(profile.arms):
        raise ConfigError(f"action.columns has {len(options.action.columns)} arms, the profile {len(profile.arms)}")
    if profile.resize is not None:
        raise ConfigError(f"profile {profile.name}: a remote policy's views have their size in observation.views")

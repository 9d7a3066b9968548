"""The checkpoint profile: what a checkpoint's statistics do not say, and without which nothing moves."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from molmoact_common.poses import DeltaFrame, RotationConvention
from molmoact_common.yaml_config import Settings, load_settings

PROFILE_FILE = "profile.yaml"
"""Name of the profile beside a checkpoint's config.json."""


class Resize(Settings):
    """Size that every view is brought to before the processor sees it (aspect is not kept; it must fit)."""

    width: int = Field(ge=14, le=1280)
    height: int = Field(ge=14, le=1280)
    method: Literal["area", "bilinear", "lanczos"] = "area"


class CheckpointProfile(Settings):
    """Conventions of one checkpoint.

    Attributes:
        name: for records.
        statistics_key: key of config.norm_stats; empty only where the checkpoint has exactly one.
        translation_scale: metres that one unit of the statistics means (LIBERO's controller units: 0.05).
        rotation_scale: radians that one unit of the statistics means (LIBERO's: 0.5).
        step_period: seconds a step.
        steps: steps of a chunk.
        arms: names in the order of the action's columns.
        frame: frame of the deltas.
        rotation: meaning of the rotation numbers.
        gripper: what a decoded +1 means.
        deltas: whether training deltas were between commanded or measured poses.
        views: camera names in the order in which the model gets them; the first carries depth and trace.
        resize: size of each view before the processor; none: as the camera gives it.
        prompt: single_view (one image) or multi_view.
    """

    name: str
    statistics_key: str = ""
    translation_scale: float = Field(default=1.0, gt=0)
    rotation_scale: float = Field(default=1.0, gt=0)
    step_period: float = Field(gt=0, le=1.0)
    steps: int = Field(default=8, ge=1, le=64)
    arms: tuple[str, ...] = Field(default=("arm",), min_length=1, max_length=2)
    frame: DeltaFrame
    rotation: RotationConvention
    gripper: Literal["one_is_open", "one_is_closed"]
    deltas: Literal["commanded", "measured"]
    views: tuple[str, ...] = Field(min_length=1, max_length=4)
    resize: Resize | None = None
    prompt: Literal["single_view", "multi_view"]

    @model_validator(mode="after")
    def _names_are_unique_and_fit(self) -> "CheckpointProfile":
        if len(set(self.arms)) != len(self.arms) or len(set(self.views)) != len(self.views):
            raise ValueError("arms and views must each be named once")
        if self.prompt == "single_view" and len(self.views) != 1:
            raise ValueError("prompt single_view needs exactly one view; use multi_view for several")
        return self


def load_profile(path: Path) -> CheckpointProfile:
    """Read and validate a profile.

    Raises:
        ConfigError: unreadable or not of this schema; the line names the field.
    """
    return load_settings(path, CheckpointProfile)

"""Whether the actions of a dataset, or of rows, mean what a checkpoint's profile says; if not, both would be learnt."""

from pathlib import Path

from molmoact.curation.lerobot_reader import LeRobotDataset
from molmoact.profile import PROFILE_FILE, CheckpointProfile, load_profile
from molmoact_common.errors import ConfigError

CONVENTIONS = (
    "step_period",
    "arms",
    "frame",
    "rotation",
    "gripper",
    "deltas",
    "translation_scale",
    "rotation_scale",
)
"""Fields of a profile that say what actions mean; name, key, views and sizes of pictures may differ."""


def check_dataset(dataset: LeRobotDataset, profile: CheckpointProfile) -> None:
    """See that a dataset's actions mean what a profile says.

    Raises:
        ConfigError: a convention differs; the line names it.
    """
    _check(
        dataset.root,
        dataset.profile,
        profile,
        "convert the recordings again with that profile, or use the dataset's own",
    )


def rows_profile_path(folder: Path) -> Path | None:
    """The profile that curation left beside the sets of rows, one of which is in `folder`; None: none did."""
    path = folder.parent / PROFILE_FILE
    return path if path.is_file() else None


def check_rows(folder: Path, profile: CheckpointProfile) -> None:
    """See that the actions of a set of rows mean what a profile says; published sets do not say what theirs mean.

    Raises:
        ConfigError: a convention differs; the line names it.
    """
    path = rows_profile_path(folder)
    if path is not None:
        _check(folder, load_profile(path), profile, f"name {path} as the recipe's profile, or leave these rows out")


def _check(place: Path, own: CheckpointProfile, profile: CheckpointProfile, way_out: str) -> None:
    for field in CONVENTIONS:
        here, there = getattr(own, field), getattr(profile, field)
        if here != there:
            raise ConfigError(f"{place}: {field} is {here} here and {there} in profile {profile.name}; {way_out}")

"""The scene of a simulated cell, and what follows from it where a person chooses nothing else."""

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from molmoact_bringup.options import CellOptions, config_file

if TYPE_CHECKING:
    from sim_cell.settings import SceneSettings

CellOptionsT = TypeVar("CellOptionsT", bound=CellOptions)


def scene_of(options: CellOptions, config: Path) -> "SceneSettings":
    """The scene that the options name.

    Args:
        options: of the cell.
        config: installed config/.

    Raises:
        ConfigError: there is no such scene, or its file is not of the schema.
    """
    from sim_cell.settings import load_scene  # noqa: PLC0415  keeps `molmoact --help` quick

    return load_scene(config_file(config, "cell", options.cell))


def with_defaults(options: CellOptionsT, config: Path) -> CellOptionsT:
    """The options with the scene's robot, task and recording where they were left open, and its own kind of policy.

    Raises:
        ConfigError: as `scene_of`.
    """
    defaults = scene_of(options, config).defaults
    return options.model_copy(
        update={
            "robot": options.robot or defaults.robot,
            "task": options.task or defaults.task,
            "recording": options.recording or defaults.recording,
            "policy": defaults.policies.get(options.policy, options.policy),
        }
    )

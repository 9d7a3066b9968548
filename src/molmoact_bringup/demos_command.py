"""`molmoact demos`: the expert of the simulated cell shows tasks, and what comes of it becomes training rows."""

import os
from pathlib import Path
from typing import Annotated

import typer
from pydantic import Field

from molmoact_bringup.cli_options import command_with_options
from molmoact_common.yaml_config import Settings


class DemosOptions(Settings):
    """What is shown, and how it is recorded."""

    number: int = Field(12, ge=1, description="demonstrations; the tasks take turns")
    tasks: str = Field(
        "lift_block,put_block_in_tray,stack_block", description="names in config/tasks, separated by commas"
    )
    cell: str = Field("solo", description="scene: a name in config/cell, or a YAML file")
    profile: str = Field(
        "expert", description="conventions of the actions: a name in config/policy/profiles, or a file"
    )
    first_seed: int = Field(0, ge=0, description="each demonstration has a seed of its own, from this one on")
    in_process: bool = Field(False, description="no graph and no bags: physics and drawing alone, for large numbers")
    processes: int = Field(0, ge=0, description="of demonstrations in process, and of curation; 0: one a core")
    wander: float = Field(
        0.0, ge=0, le=0.3, description="in process: metres that the arm is led away from home before, at most"
    )
    lag: float = Field(
        0.2,
        ge=0,
        le=0.5,
        description="in process: seconds that the arm is behind its command, at most, as in the graph",
    )
    codebook: Path | None = Field(
        None, description="depth network for depth codes and reasoning rows; without it: conditioned and trace rows"
    )
    tokenizer: Path | None = Field(None, description="folder of the checkpoint whose action symbols are written")
    robot_host: str = Field("127.0.0.1", description="loopback address on which the simulated robot listens")


def _demos(options: DemosOptions, folder: Path) -> None:
    """Demonstrations by the scripted expert: takes in the cell's graph, or in process, then dataset and rows.

    Ends with 3 where one was refused; the table says why.

    Example: molmoact demos data/blocks --number 200 --in-process
    """
    os.environ.setdefault("MUJOCO_GL", "egl")  # MuJoCo chooses its GL library while it is imported
    from molmoact_bringup.demos import make_demos  # noqa: PLC0415  ROS, torch and rich take seconds to load

    make_demos(options, folder.absolute())


FOLDER = (Annotated[Path, typer.Argument(help="new folder: takes, dataset and rows")], ...)
demos = command_with_options(DemosOptions, _demos, folder=FOLDER)

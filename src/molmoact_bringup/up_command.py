"""`molmoact up`: bring up a graph and watch it until Ctrl-C."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from molmoact_bringup.cli_options import command_with_options
from molmoact_bringup.graph import Graph
from molmoact_bringup.graphs import cell_graph, duo_graph, single_arm_graph
from molmoact_bringup.options import CellOptions, DuoOptions, GraphOptions, SingleArmOptions
from molmoact_bringup.places import Places, new_run_folder, places_for

OptionsT = TypeVar("OptionsT", bound=GraphOptions)

RUNS = (Annotated[Path, typer.Option(help="folder that gets a folder a run")], Path("runs"))


def _cell(options: CellOptions, runs: Path) -> None:
    """The simulated cell: no robot, camera, GPU or weights are needed.

    Example: molmoact up cell --policy expert --seed 3, or with two arms: molmoact up cell --cell duo
    """
    _bring_up(options, cell_graph, runs)


def _single_arm(options: SingleArmOptions, runs: Path) -> None:
    """One real Franka arm with a front and a wrist camera.

    Example: molmoact up single-arm --robot-host 172.16.0.2 --checkpoint ~/checkpoints/7b-d --dry-run
    """
    _bring_up(options, single_arm_graph, runs)


def _duo(options: DuoOptions, runs: Path) -> None:
    """Two real Franka arms with a front and two wrist cameras, moved as one.

    Example: molmoact up duo --left-host 172.16.0.2 --right-host 172.16.1.2 --checkpoint ~/checkpoints/duo --dry-run
    """
    _bring_up(options, duo_graph, runs)


def _bring_up(options: OptionsT, build: Callable[[OptionsT, Places], Graph], runs: Path) -> None:
    # ROS and rich take a second to load: only a command that runs something pays for them.
    from rich.console import Console  # noqa: PLC0415

    from molmoact_bringup.preflight import preflight  # noqa: PLC0415
    from molmoact_bringup.supervising import bring_up  # noqa: PLC0415
    from molmoact_common.ros.nodes import share_directory  # noqa: PLC0415

    config = share_directory() / "config"
    preflight(options, build(options, places_for(runs, config)))  # mistakes show before a folder is made
    run = new_run_folder(runs, datetime.now().astimezone())
    bring_up(build(options, places_for(run, config)), run.absolute(), Console())


up = typer.Typer(no_args_is_help=True, help="Bring up a graph of processes; Ctrl-C ends it and leaves nothing behind.")
up.command("cell")(command_with_options(CellOptions, _cell, runs=RUNS))
up.command("single-arm")(command_with_options(SingleArmOptions, _single_arm, runs=RUNS))
up.command("duo")(command_with_options(DuoOptions, _duo, runs=RUNS))

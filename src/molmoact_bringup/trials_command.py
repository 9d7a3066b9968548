"""`molmoact trials`: run or score an experiment, see what it amounts to, recompute printed tables."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from molmoact_bringup.arena_command import arena, ratings
from molmoact_bringup.surroundings import Network
from molmoact_common.errors import UserError

trials = typer.Typer(
    help="Closed-loop trials: policies x tasks x conditions, blinded, resumable, judged by a test chosen ahead.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

trials.command("arena")(arena)
trials.command("ratings")(ratings)

Folder = Annotated[Path, typer.Argument(help="folder of the experiment")]


class DisagreementError(UserError):
    """A printed average is not that of its rows."""

    exit_code = 1


@trials.command()
def run(
    experiment: Annotated[Path, typer.Argument(help="YAML file of the experiment, as in config/trials/experiments")],
    out: Annotated[Path, typer.Option(help="folder that gets rows, bags and the report; the same one goes on")],
    robot_host: Annotated[str, typer.Option(help="loopback address of the simulated robot")] = "127.0.0.1",
) -> None:
    """Run an experiment in the simulated cell, or go on with it where it was ended.

    Example: molmoact trials run config/trials/experiments/cell_execution.yaml --out runs/execution
    """
    from molmoact_bringup.trials_run import run_trials  # noqa: PLC0415  torch and ROS take seconds to load
    from trial_runner.trials.folder import begin  # noqa: PLC0415

    folder = begin(experiment, out)
    with folder.claimed():
        run_trials(folder, Console(), robot_host=robot_host)
    report(out)


@trials.command()
def score(
    experiment: Annotated[Path, typer.Argument(help="YAML file of the experiment")],
    out: Annotated[Path, typer.Option(help="folder that gets rows and report; the same one goes on")],
    camera: Annotated[str, typer.Option(help="camera of the running graph that shows the start, e.g. front")] = "",
    network: Annotated[Network, typer.Option(help="as the graph was brought up with")] = "local",
) -> None:
    """Score trials on a real robot: shows what to set up, then asks how far it came. Policies are only letters here.

    With --camera, OUT/start_overlay.png shows the view with the same start of an earlier trial laid over it.
    Ctrl-C leaves; what was scored is kept. Another person starts the policies: `molmoact trials labels OUT`.

    Example: molmoact trials score sink.yaml --out runs/sink --camera front
    """
    from molmoact_bringup.trials_score import camera_of, score_trials  # noqa: PLC0415
    from molmoact_common.ros.nodes import share_directory  # noqa: PLC0415
    from trial_runner.trials.folder import begin  # noqa: PLC0415

    config = share_directory() / "config"
    folder = begin(experiment, out)
    with folder.claimed(), camera_of(camera, config, network) as look:
        score_trials(folder, config / "trials" / "tasks", look)
    report(out)


@trials.command()
def labels(folder: Folder) -> None:
    """Which policy each letter is: for the person who starts them, not for the one who scores.

    Example: molmoact trials labels runs/sink
    """
    from trial_runner.trials.folder import ExperimentFolder  # noqa: PLC0415

    for label, policy in sorted({(trial.label, trial.policy) for trial in ExperimentFolder(folder).trials}):
        typer.echo(f"{label}  {policy}")


@trials.command()
def report(folder: Folder) -> None:
    """Print what the trials so far amount to, and write report.html.

    Example: molmoact trials report runs/execution
    """
    from trial_runner.trials.folder import ExperimentFolder  # noqa: PLC0415  matplotlib takes seconds to load
    from trial_runner.trials.report import results_table, write_report  # noqa: PLC0415

    opened = ExperimentFolder(folder)
    console = Console()
    console.print(results_table(opened))
    console.print(f"report: {write_report(opened)}", markup=False, soft_wrap=True)


@trials.command()
def table(
    files: Annotated[list[Path], typer.Argument(help='CSV files: column "trial", one a policy, last row "average"')],
) -> None:
    """Recompute per-trial tables that were printed elsewhere; fails where a printed average is not that of its rows.

    Example: molmoact trials table wipe_table.csv
    """
    from rich.table import Table  # noqa: PLC0415

    from trial_runner.trials.printed import read_printed_table  # noqa: PLC0415

    tables = [read_printed_table(path) for path in files]
    shown = Table("task", "policy", "progress", "trials")
    for one in tables:
        for policy, progress in one.progress().items():
            shown.add_row(one.name, policy, str(progress), str(progress.trials))
    Console().print(shown)
    wrong = [line for one in tables for line in one.disagreements()]
    if wrong:
        raise DisagreementError("\n".join(wrong))

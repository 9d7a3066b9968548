"""`molmoact trials`: run or score an experiment, see what it amounts to, recompute printed tables."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from molmoact_common.errors import UserError

if TYPE_CHECKING:
    from trial_runner.trials.scoring import Judgement

trials = typer.Typer(
    help="Closed-loop trials: policies x tasks x conditions, blinded, resumable, judged by a test chosen ahead.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

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

    run_trials(begin(experiment, out), Console(), robot_host=robot_host)
    report(out)


@trials.command()
def score(
    experiment: Annotated[Path, typer.Argument(help="YAML file of the experiment")],
    out: Annotated[Path, typer.Option(help="folder that gets rows and report; the same one goes on")],
) -> None:
    """Score trials on a real robot: shows what to set up, then asks how far it came. Policies are only letters here.

    Ctrl-C leaves; what was scored is kept. Another person starts the policies: `molmoact trials labels OUT`.

    Example: molmoact trials score sink.yaml --out runs/sink
    """
    from molmoact_common.ros.nodes import share_directory  # noqa: PLC0415
    from trial_runner.trials.folder import begin  # noqa: PLC0415
    from trial_runner.trials.scoring import briefing, judged_row, rubric  # noqa: PLC0415
    from trial_runner.trials.task import load_trial_task  # noqa: PLC0415

    folder = begin(experiment, out)
    tasks = {
        name: load_trial_task(share_directory() / "config" / "trials" / "tasks", name)
        for name in folder.experiment.tasks
    }
    for trial in folder.left:
        typer.echo("\n".join(["", *briefing(trial, tasks[trial.task]), "", *rubric(tasks[trial.task])]))
        folder.rows.add(judged_row(trial, tasks[trial.task], _ask(len(tasks[trial.task].stages))))
    report(out)


def _ask(stages: int) -> "Judgement":
    from trial_runner.trials.scoring import Judgement  # noqa: PLC0415

    return Judgement(
        stage=int(_ask_number("last stage reached", most=stages, whole=True)),
        seconds=_ask_number("seconds"),
        interventions=int(_ask_number("interventions", whole=True)),
        note=typer.prompt("note", default="", show_default=False),
        bag=typer.prompt("bag", default="", show_default=False),
    )


def _ask_number(what: str, *, most: float = math.inf, whole: bool = False) -> float:
    """Ask until a number of 0..`most` is typed."""
    while True:
        typed = typer.prompt(what)
        try:
            number = int(typed) if whole else float(typed)
        except ValueError:
            number = -1
        if 0 <= number <= most and math.isfinite(number):
            return number
        kind, end = "whole number" if whole else "number", f" to {most:g}" if math.isfinite(most) else ""
        typer.echo(f"{typed!r} will not do: a {kind} from 0{end}")


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

"""Trials that a person runs and scores in the terminal: set up, with a picture to compare, then judge."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from molmoact_bringup.surroundings import Network, enter, ros_variables
from trial_runner.trials.folder import ExperimentFolder
from trial_runner.trials.plan import Trial
from trial_runner.trials.scoring import Judgement, briefing, judged_row, rubric
from trial_runner.trials.starts import Picture, StartPictures
from trial_runner.trials.task import TrialTask, load_trial_task

Look = Callable[[], Picture]
"""What the camera shows now."""

LOOK_SECONDS = 5.0
"""Of wall time for a picture of a camera that gives fifteen a second."""

GO_ON = "g"


def score_trials(folder: ExperimentFolder, tasks: Path, look: Look | None) -> None:
    """Go through the trials that are left; each has its row on the disk before the next is shown.

    Args:
        folder: the experiment.
        tasks: folder of the tasks' YAML files.
        look: shows the scene, to compare its start with that of the same trial before; None: without pictures.

    Raises:
        UserError: a task that there is not, a picture that is none, or no picture from the camera.
    """
    known = {name: load_trial_task(tasks, name) for name in folder.experiment.tasks}
    for task in known.values():
        for condition in folder.experiment.conditions:
            task.condition(condition)
    pictures = StartPictures(folder.path, tasks)
    for trial in folder.left:
        task = known[trial.task]
        typer.echo("\n".join(["", *briefing(trial, task)]))
        if look is not None:
            _set_up(trial, task, pictures, look)
        typer.echo("\n".join(["", *rubric(task)]))
        folder.rows.add(judged_row(trial, task, _judgement(len(task.stages))))


@contextmanager
def camera_of(name: str, config: Path, network: Network) -> Iterator[Look | None]:
    """Pictures of the running graph's camera `name`; empty: none.

    Args:
        name: of the camera, in topics.
        config: installed config/.
        network: as the graph was brought up with.
    """
    if not name:
        yield None
        return
    enter(ros_variables(config, network))
    from trial_runner.live_view import LiveView  # noqa: PLC0415  needs the environment of the graph

    view = LiveView(name)
    try:
        yield lambda: view.look(LOOK_SECONDS)
    finally:
        view.close()


def _set_up(trial: Trial, task: TrialTask, pictures: StartPictures, look: Look) -> None:
    """Show the start over and over until the operator is content, then keep how it looks."""
    answer = ""
    while answer != GO_ON:
        typer.echo(f"start: {pictures.show(trial, task, look())}")
        answer = typer.prompt(f"Enter looks again, {GO_ON} goes on", default="", show_default=False).strip().lower()
    pictures.keep(trial, look())


def _judgement(stages: int) -> Judgement:
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

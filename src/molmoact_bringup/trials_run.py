"""Runs the trials of an experiment in the simulated cell, one graph and one bag a trial, until none is left."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console

from molmoact_bringup.demo import EpisodesError, run_session
from molmoact_bringup.graphs import cell_graph
from molmoact_bringup.options import CellOptions
from molmoact_bringup.places import places_for
from molmoact_bringup.preflight import preflight
from molmoact_bringup.scenes import with_defaults
from molmoact_bringup.tiny_checkpoint import default_tiny_checkpoint
from molmoact_bringup.trials_start import drawn_start, write_start_overlay
from molmoact_common.errors import ConfigError, UserError
from molmoact_common.ros.nodes import share_directory
from trial_runner.episode import EpisodePlan, EpisodeResult, Session
from trial_runner.run_data import Verdict, load_run
from trial_runner.statistics.comparison import Verdict as Finding
from trial_runner.summary import RunSummary, summarise
from trial_runner.trials.experiment import Experiment
from trial_runner.trials.folder import ExperimentFolder
from trial_runner.trials.plan import Trial
from trial_runner.trials.results import sequential_verdict
from trial_runner.trials.rows import Row
from trial_runner.trials.starts import OVERLAY
from trial_runner.trials.task import TrialTask, load_trial_task

ATTEMPTS = 3
"""Graphs that are brought up for one trial before the experiment ends for want of it: nobody sits beside it."""


def run_trials(folder: ExperimentFolder, console: Console, *, robot_host: str) -> None:
    """Run what is left of an experiment; a row is kept after each trial, so it may be killed and run again.

    Ends early where the sequential test was chosen and has found a difference.

    Args:
        folder: the experiment.
        console: for progress.
        robot_host: loopback address of the simulated robot.

    Raises:
        UserError: a task that the cell cannot score, wrong options, or a graph that failed `ATTEMPTS` times; the trial
            has no row then.
    """
    experiment, config = folder.experiment, _config()
    tasks = {name: _cell_task(config, name, experiment.conditions) for name in experiment.tasks}
    options = {name: _options(experiment, name, config, console, robot_host) for name in experiment.policies}
    for policy in options.values():  # mistakes show before the first trial
        preflight(policy, cell_graph(policy, places_for(folder.path, config)))
    for trial in folder.left:
        if sequential_verdict(experiment, folder.rows) is not Finding.GO_ON:
            console.print("the sequential test has decided; the trials that are left are not run")
            return
        console.print(_line(trial, len(folder.trials)), markup=False, soft_wrap=True)
        task = tasks[trial.task]
        chosen = options[trial.policy].model_copy(update={"task": task.cell_task, "seed": trial.seed})
        folder.rows.add(tried(partial(_run, folder, trial, task, chosen, console), console))


def _config() -> Path:
    return share_directory() / "config"


def _line(trial: Trial, count: int) -> str:
    return f"trial {trial.number + 1} of {count}: {trial.task}, {trial.condition}, policy {trial.label}"


def _cell_task(config: Path, name: str, conditions: tuple[str, ...]) -> TrialTask:
    task = load_trial_task(config / "trials" / "tasks", name)
    if not task.cell_task:
        raise ConfigError(f"task {name} is for a real robot: the cell cannot score it; choose one of its own (cell_*)")
    for condition in conditions:
        task.condition(condition)
    return task


def _options(experiment: Experiment, name: str, config: Path, console: Console, robot_host: str) -> CellOptions:
    entry = experiment.policies[name]
    chosen = CellOptions(
        cell=experiment.scene,
        policy=entry.policy,
        checkpoint=entry.checkpoint,
        execution=entry.execution,
        robot_host=robot_host,
    )
    options = with_defaults(chosen, config)
    if options.policy == "tiny" and not options.checkpoint:
        return options.model_copy(update={"checkpoint": str(default_tiny_checkpoint(console))})
    return options


def tried(attempt: Callable[[], Row], console: Console) -> Row:
    """The row of the first of `ATTEMPTS` whose graph did not fail; its note tells of those before.

    Raises:
        UserError: the graph failed each time, or a person ended it.
    """
    failures: list[str] = []
    while True:
        try:
            row = attempt()
        except UserError as error:
            failures.append(str(error))
            if isinstance(error, EpisodesError) or len(failures) == ATTEMPTS:
                raise
            console.print(f"tried again: {error}", markup=False, soft_wrap=True)
        else:
            notes = [*(f"tried again: {failure}" for failure in failures), *filter(None, [row.note])]
            return replace(row, note="; ".join(notes))


def _run(folder: ExperimentFolder, trial: Trial, task: TrialTask, options: CellOptions, console: Console) -> Row:
    """One trial in a graph of its own; what an earlier, killed attempt left is put aside."""
    run = (folder.path / "trials" / f"{trial.number:04d}").absolute()
    if run.exists():
        run.rename(_free(run))
    run.mkdir(parents=True)
    instruction = task.condition(trial.condition).instruction
    session = Session([EpisodePlan(task.cell_task, trial.seed, instruction, task.time_limit)])
    run_session(cell_graph(options, places_for(run, _config())), session, run, console)
    if session.results[0].lost:
        raise UserError(f"{session.results[0].why}; that says nothing of the policy; logs in {run / 'logs'}")
    recorded = load_run(run / "bag")
    write_start_overlay(recorded, drawn_start(options, _config()), run / OVERLAY)
    return row(trial, session.results[0], summarise(recorded), Path("trials", run.name, "bag"))


def _free(run: Path) -> Path:
    return next(path for n in range(1, 1000) if not (path := run.with_name(f"{run.name}-broken-off-{n}")).exists())


def row(trial: Trial, result: EpisodeResult, summary: RunSummary, bag: Path) -> Row:
    """What a trial in the cell came to; the simulator scores."""
    gate = Counter(summary.clipped)
    for verdict in (Verdict.REFUSED, Verdict.DISCARDED):
        gate[str(verdict)] += summary.verdicts.get(verdict, 0)
    return Row(
        number=trial.number,
        policy=trial.policy,
        task=trial.task,
        condition=trial.condition,
        start=trial.start,
        score=1.0 if result.success else result.progress,
        success=result.success,
        seconds=result.world_seconds,
        gate=+gate,
        note=result.why,
        bag=str(bag),
    )

"""Demonstrations in the cell's graph: one take each, kept and marked by the recorder, then converted."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from demo_recorder.dataset.converting import convert
from demo_recorder.dataset.settings import ConversionSettings
from demo_recorder.folders import find_bags
from demo_recorder.reading import BagReader
from demo_recorder.takes import Command
from molmoact.profile import load_profile
from molmoact_bringup.cell_calibration import cell_calibration
from molmoact_bringup.data_report import progress_bar
from molmoact_bringup.demo import run_session
from molmoact_bringup.demos_command import DemosOptions
from molmoact_bringup.graph import Graph
from molmoact_bringup.graphs import cell_graph
from molmoact_bringup.options import CellOptions, config_file
from molmoact_bringup.places import places_for
from molmoact_bringup.preflight import preflight
from molmoact_bringup.record_command import RecordOptions, record_graph
from trial_runner.episode import ANSWER, MOVE, EpisodePlan, EpisodeResult, Session
from trial_runner.script import Call

TAKES, RUN = "takes", "run"
CONTRACTS = {1: "demonstration", 2: "demonstration_duo"}
"""Number of arms -> what a take holds, a name in config/recording."""

FRONT_WITH_DEPTH = "cell_front_depth"


def record_demos(
    options: DemosOptions, names: tuple[str, ...], folder: Path, config: Path, console: Console
) -> Iterator[tuple[str, int | str]]:
    """Record takes and convert them to a dataset.

    Args:
        options: which, and how many.
        names: of the tasks, which take turns.
        folder: gets takes/, run/ (logs) and dataset/.
        config: installed config/.
        console: for progress.

    Yields:
        Task, and the steps of its take in the dataset, or why it is not there.

    Raises:
        UserError: the graph could not be brought up, or every take was refused.
    """
    seeds = range(options.first_seed, options.first_seed + options.number)
    plans = [EpisodePlan(names[seed % len(names)], seed) for seed in seeds]
    session = Session(plans, before=begin_take, after=end_take)
    graph = demos_graph(options, folder, config, names[0])
    run_session(graph, session, folder / RUN, console)
    takes = find_bags([folder / TAKES])
    profile = load_profile(config_file(config, "policy/profiles", options.profile))
    calibration = cell_calibration(config_file(config, "cell", options.cell))
    with progress_bar("takes", len(takes)) as advance:
        report = convert(
            takes, folder / "dataset", profile, ConversionSettings(), calibration, progress=lambda _: advance(1)
        )
    for take in map(str, takes):
        yield _task_of(Path(take)), report.kept.get(take) or str(report.refused[take][0])


def demos_graph(options: DemosOptions, folder: Path, config: Path, task: str) -> Graph:
    """The cell with the expert, aligned depth of the front camera, and a recorder in takes."""
    chosen = CellOptions(
        cell=options.cell, task=task, seed=options.first_seed, record=False, robot_host=options.robot_host
    )
    places = places_for(folder / RUN, config)
    preflight(chosen, cell_graph(chosen, places))
    graph = cell_graph(chosen, places)
    asked = RecordOptions(cell=True, contract=CONTRACTS[len(graph.arms)], robot=",".join(graph.arms), operator="expert")
    recorder = record_graph(folder / TAKES, asked).nodes
    depth = str(config_file(config, "cameras", FRONT_WITH_DEPTH))
    nodes = [
        replace(node, parameters={**node.parameters, "camera_config": depth}) if node.name == "camera_front" else node
        for node in graph.nodes
    ]
    return replace(graph, nodes=(*nodes, *recorder))


def begin_take(plan: EpisodePlan, result: EpisodeResult) -> Iterator[Call]:
    """Start a take once the objects are in their places."""
    fields = {"command": int(Command.START), "instruction": result.instruction, "task": plan.task}
    yield Call("recorder/episode", ANSWER, {**fields, "note": f"seed {plan.seed}"})


def end_take(plan: EpisodePlan, result: EpisodeResult) -> Iterator[Call]:
    """Mark the take by what the cell says, and keep it; conversion refuses failures with their reason."""
    del plan
    mark = Command.MARK_SUCCESS if result.success else Command.MARK_FAILURE
    yield Call("recorder/episode", ANSWER, {"command": int(mark)})
    yield Call("recorder/episode", MOVE, {"command": int(Command.KEEP)})


def _task_of(take: Path) -> str:
    with BagReader(take) as reader:
        return reader.info.task

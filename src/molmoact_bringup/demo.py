"""`molmoact demo`: bring up the cell, run episodes in it, and leave a bag, a report and a summary behind."""

import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from rich.console import Console

from molmoact_bringup.demo_options import DemoOptions, chunk_limit, parse_seeds
from molmoact_bringup.demo_progress import DemoProgress
from molmoact_bringup.graph import Graph
from molmoact_bringup.graphs import cell_graph
from molmoact_bringup.places import new_run_folder, places_for
from molmoact_bringup.preflight import preflight
from molmoact_bringup.processes import Ended
from molmoact_bringup.runner import Runner
from molmoact_bringup.scenes import scene_of, with_defaults
from molmoact_bringup.supervising import STEP, Termination, enter_environment, supervise, tell_page
from molmoact_bringup.tiny_checkpoint import default_tiny_checkpoint
from molmoact_common.errors import UserError
from molmoact_common.ros.nodes import share_directory
from trial_runner.episode import EpisodePlan, EpisodeResult, Session
from trial_runner.graph_view import GraphView
from trial_runner.report import write_report
from trial_runner.script import ScriptRunner
from trial_runner.terminal import print_summary

OnStep = Callable[[Runner, GraphView], None]
"""Looks on at a session: is called a few times a second with its processes and with what the graph shows."""


class EpisodesError(UserError):
    """The episodes ran, but not all of them ended as they should."""

    exit_code = 1


def demo(options: DemoOptions, runs: Path) -> None:
    """Run the episodes that `options` asks for, and report them in a new folder of `runs`.

    Raises:
        UserError: wrong options, a process that died, or episodes that did not end as they should.
    """
    console = Console()
    config = share_directory() / "config"
    options = with_defaults(options, config)
    if options.policy == "tiny" and not options.checkpoint:
        arms = len(scene_of(options, config).arms)
        options = options.model_copy(update={"checkpoint": str(default_tiny_checkpoint(console, arms))})
    seeds = parse_seeds(options.seeds)
    options = options.model_copy(update={"seed": seeds[0]})
    preflight(options, cell_graph(options, places_for(runs, config)))  # mistakes show before a folder is made
    run = new_run_folder(runs, datetime.now().astimezone()).absolute()
    session = Session([_plan(options, seed) for seed in seeds])
    run_session(cell_graph(options, places_for(run, config)), session, run, console)
    if options.record and not options.takes:
        _report(run, options.checkpoint, session.results, console)
    else:
        console.print(
            "nothing was recorded of the whole run, so there is no report (--no-record, --takes)",
            markup=False,
            soft_wrap=True,
        )
    judge(session, chunk_limit(options))


def _plan(options: DemoOptions, seed: int) -> EpisodePlan:
    return EpisodePlan(
        task=options.task,
        seed=seed,
        instruction=options.instruction,
        world_seconds=options.time_limit,
        chunks=chunk_limit(options),
    )


def run_session(
    graph: Graph,
    session: Session,
    run: Path,
    console: Console,
    *,
    prefix: Path = Path(sys.prefix),
    on_step: OnStep = lambda runner, view: None,
) -> None:
    """Bring up `graph`, run the session's script in it, and end every process.

    Args:
        graph: what to bring up.
        session: the episodes; their results are filled in.
        run: folder of the run.
        console: for progress.
        prefix: the installation whose executables are started.
        on_step: is called while the script runs.

    Raises:
        UserError: a required process ended by itself, a step of the script failed, or a person ended it.
    """
    enter_environment(graph, prefix)
    with Termination() as ending, Runner(graph, run=run, prefix=prefix) as runner:
        runner.start()
        console.print(f"{len(graph.nodes)} processes started; logs in {run / 'logs'}", markup=False, soft_wrap=True)
        tell_page(graph, console)
        fatal = _play(graph, session, runner, ending, console, on_step=on_step)
    if fatal:
        raise UserError(f"{fatal.line()}; its log: {run / 'logs' / fatal.name}.log")
    if not session.complete:
        raise EpisodesError(f"ended by a person; what was recorded lies in {run}")


def _play(
    graph: Graph, session: Session, runner: Runner, ending: Termination, console: Console, *, on_step: OnStep
) -> Ended | None:
    from trial_runner.graph_client import GraphClient  # noqa: PLC0415  needs the environment of the graph

    client = GraphClient(graph.arms)
    script = ScriptRunner(session.script(client.view), client)
    try:
        with DemoProgress(session, console) as progress:

            def step() -> bool:
                client.spin(STEP)
                going_on = script.advance(time.monotonic())
                progress.show()
                on_step(runner, client.view)
                return going_on

            return supervise(runner, step, ending)
    finally:
        client.close()


def _report(run: Path, checkpoint: str, results: list[EpisodeResult], console: Console) -> None:
    """Turn the bag of a run into report.html and report.png, and print the summary."""
    from molmoact.depth.codebook import DepthCodebook  # noqa: PLC0415  torch takes seconds to load

    codebook = DepthCodebook.beside(Path(checkpoint)) if checkpoint else None
    with console.status("writing the report"):
        summary = write_report(run / "bag", run, codebook.picture if codebook else None)
    print_summary(summary, results, console)
    console.print(f"report: {run / 'report.html'}", markup=False, soft_wrap=True)


def judge(session: Session, chunks: int) -> None:
    """Raise unless every episode succeeded, or where a number of chunks was asked for, made as many.

    Raises:
        EpisodesError: with the seeds that did not.
    """
    failed = [r.seed for r in session.results if not (r.success or (chunks and r.executed >= chunks))]
    if failed:
        raise EpisodesError(f"seeds that did not succeed: {', '.join(map(str, failed))}; see the report")

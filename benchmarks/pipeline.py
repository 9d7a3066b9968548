"""Measures the running cell in real time: latency of each stage, jitter of the bridge, cameras, CPU of each process."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from bench.arm_times import real_time_factor, state_section
from bench.bag_sections import camera_section, chunk_sections
from bench.bridge_ticks import tick_section
from bench.command import JsonOption, run
from bench.machine import describe_machine
from bench.onlooker import Onlooker
from bench.output import print_header, print_sections, write_json
from bench.results import Section
from molmoact_bringup.demo import run_session
from molmoact_bringup.graphs import ARM, cell_graph
from molmoact_bringup.options import CellOptions
from molmoact_bringup.places import new_run_folder, places_for
from molmoact_bringup.preflight import preflight
from molmoact_bringup.tiny_checkpoint import default_tiny_checkpoint
from molmoact_common.errors import UserError
from molmoact_common.ros.nodes import share_directory
from trial_runner.episode import EpisodePlan, EpisodeResult, Session
from trial_runner.run_data import load_run

EPISODE = 10
"""Chunks after which the arm goes home: weights that know nothing of the task lead it to its limits in the end."""

SLOWEST_CHUNK = 20.0
"""Seconds, on the wall and in the world, that a chunk may take on average before the run is given up."""

SPEED_NOTE = (
    "Seconds of the world a second on the wall. Below 0.98 the machine could not keep up: latencies are of the world's "
    "time and so too small; measure again with less load."
)


class ShortRunError(UserError):
    """The arm stopped following, or time ran out, before all chunks were measured."""

    exit_code = 1


def main(
    *,
    policy: Annotated[str, typer.Option(help="a name in config/policy, or a YAML file")] = "tiny",
    checkpoint: Annotated[str, typer.Option(help="folder of the checkpoint (default: the policy's own)")] = "",
    device: Annotated[Literal["auto", "cpu", "cuda"] | None, typer.Option(help="where the model runs")] = None,
    execution: Annotated[
        Literal["open_loop", "async"] | None,
        typer.Option(help="finish each chunk first, or ask for the next meanwhile"),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads of the policy")] = 1,
    chunks: Annotated[int, typer.Option(min=2, help="chunks to measure; the first is the cold one")] = 30,
    seed: Annotated[
        int, typer.Option(min=0, help="where the objects lie in the first episode; the next has the next")
    ] = 0,
    robot_host: Annotated[str, typer.Option(help="loopback address of the simulated robot")] = "127.0.0.1",
    runs: Annotated[Path, typer.Option(help="folder that gets a folder of this run: bag and logs")] = Path("runs"),
    json: JsonOption = None,
) -> None:
    r"""Bring up the cell in real time, let the policy move the arm, and say where time and CPU went.

    \b
    Reads as follows:
      start        seconds until the arm follows; then episodes of ten chunks, each from another placement
      world        whether the machine kept up with real time; if not, measure again with less load
      latency      of each chunk, from the exposure of the image that it answers to its first step, by stage
      arm state    period and jitter of the bridge's control cycle
      bridge       how long the work within a cycle takes
      cameras      frames, rate, and what was dropped on the way
      processes    CPU and memory while the arm follows
    ROS_DOMAIN_ID keeps two runs on one machine apart; give each its own --robot-host too.

    \b
    Example: python benchmarks/pipeline.py --chunks 60 --execution async --json async.json
    """
    console = Console()
    facts = describe_machine()
    options = CellOptions(
        policy=policy,
        checkpoint=checkpoint or (str(default_tiny_checkpoint(console)) if policy == "tiny" else ""),
        device=device,
        execution=execution,
        threads=threads,
        seed=seed,
        robot_host=robot_host,
        time="realtime",
    )
    facts |= {"command": " ".join(sys.argv)}
    print_header(facts, console)
    sections, results = measure(options, chunks, runs, console)
    print_sections(sections, console)
    write_json(json, facts, sections)
    executed = sum(result.executed for result in results)
    if executed < chunks and not any(result.success for result in results):
        raise ShortRunError(f"{executed} of {chunks} chunks finished; the figures are of these only")


def measure(
    options: CellOptions, chunks: int, runs: Path, console: Console
) -> tuple[list[Section], list[EpisodeResult]]:
    """Run episodes until so many chunks are done; the figures, and how each episode went.

    Raises:
        UserError: wrong options, a process that died, or a run too short to measure.
    """
    config = share_directory() / "config"
    preflight(options, cell_graph(options, places_for(runs, config)))  # mistakes show before a folder is made
    folder = new_run_folder(runs, datetime.now().astimezone()).absolute()
    session, onlooker = Session(plans(options, chunks)), Onlooker(ARM)
    try:
        run_session(cell_graph(options, places_for(folder, config)), session, folder, console, on_step=onlooker)
    finally:
        onlooker.close()
    return [onlooker.start_section(), *_figures(folder / "bag", onlooker)], session.results


def plans(options: CellOptions, chunks: int) -> list[EpisodePlan]:
    """Episodes of `EPISODE` chunks, the last one of what is left; each from another placement."""
    sizes = [min(EPISODE, chunks - done) for done in range(0, chunks, EPISODE)]
    limits = [SLOWEST_CHUNK * size for size in sizes]
    return [
        EpisodePlan(options.task, options.seed + n, world_seconds=limit, wall_seconds=limit, chunks=size)
        for n, (size, limit) in enumerate(zip(sizes, limits, strict=True))
    ]


def _figures(bag: Path, onlooker: Onlooker) -> list[Section]:
    data = load_run(bag)
    times = onlooker.probe.times if onlooker.probe is not None else []
    states = state_section(times)
    speed = Section("world", ("figure",), {"real-time factor": (real_time_factor(times),)}, SPEED_NOTE)
    return [speed, *chunk_sections(data), states, tick_section(bag), camera_section(data), onlooker.usage.section()]


if __name__ == "__main__":
    sys.exit(run(main))

"""The closed-loop table of a policy: success in the cell in process on tasks, variations of them, and under steering.

`make table [SEED=0 TRIALS=50 JSON=file]`. Policy, decoder, parser and the gate's rules for chunks are those of the real
graph; the bridge's timing and the middleware are not there (`sim_cell.inprocess` says what stands in for them).
"""

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

os.environ.setdefault("MUJOCO_GL", "egl")
os.environ.setdefault("LP_NUM_THREADS", "0")  # a software renderer's threads would wait for each other's cores

import numpy as np
import typer
from rich.console import Console

from bench.closed_loop_trials import Conduct, Outcome, run_trial
from bench.command import JsonOption, run
from bench.machine import describe_machine
from bench.output import print_header, print_sections, write_json
from bench.results import Section
from molmoact.policy_config import backend_settings, load_policy_config
from molmoact.runtime.backend import Backend
from molmoact_bringup.options import config_file
from molmoact_common.errors import ConfigError
from molmoact_common.plugins import load_factory
from sim_cell.inprocess.cell import InProcessCell
from sim_cell.render_model import cache_directory
from sim_cell.settings import SceneSettings, load_scene
from sim_cell.tasks import Episode, load_task, make_episode
from trial_runner.statistics.intervals import success_rate

CONFIG = Path(__file__).parents[1] / "config"

FIRST_SEED = 1_000_000
"""No training seed is so high."""

COLUMNS = ("rate", "low", "high", "successes", "trials", "wrong thing", "nearest (mm)", "rows", "refused")


@dataclass(frozen=True, slots=True)
class Cell:
    """One line of the table.

    Attributes:
        scene: in config/cell.
        task: in config/tasks.
        draw: steered by a drawn trace.
        says: an instruction in place of the task's; {color} is the wanted thing's.
    """

    scene: str
    task: str
    draw: bool = False
    says: str = ""


CELLS: Mapping[str, Cell] = {
    "seen": Cell("solo", "lift_block"),
    "spatial": Cell("solo", "lift_block_elsewhere"),
    "language": Cell("solo", "lift_block_reworded"),
    "distractor": Cell("solo_distractors", "lift_block"),
    "novel": Cell("solo_cans", "lift_block"),
    "steer_trace": Cell("solo", "lift_some_block", draw=True),
    "steer_language": Cell("solo", "lift_some_block", says="pick up the {color} block"),
    "unsteered": Cell("solo", "lift_some_block"),
}


def main(  # noqa: PLR0917  typer needs names, not positions
    policy: Annotated[str, typer.Option(help="a name in config/policy, or a YAML file")] = "nano",
    checkpoint: Annotated[str, typer.Option(help="folder, in place of the policy's")] = "",
    seed: Annotated[int, typer.Option(min=0, help="of the placements; the same for every line")] = 0,
    trials: Annotated[int, typer.Option(min=1, help="of each line")] = 50,
    cells: Annotated[str, typer.Option(help="lines, with commas between them (default: all)")] = "",
    execute: Annotated[int, typer.Option(min=0, max=8, help="rows made before the next look (0: all it gives)")] = 0,
    json: JsonOption = None,
) -> None:
    r"""Trials in closed loop, a line of the table each, with 95 % Wilson intervals.

    \b
    Example: python benchmarks/closed_loop.py --trials 50 --cells seen,spatial --json table.json
    """
    names = [name.strip() for name in cells.split(",") if name.strip()] or list(CELLS)
    unknown = [name for name in names if name not in CELLS]
    if unknown:
        raise ConfigError(f"no line {unknown[0]!r} in the table; there are: {', '.join(CELLS)}")
    first = FIRST_SEED + 10_000 * seed
    backend = _backend(policy, checkpoint)
    facts = describe_machine() | {"command": " ".join(sys.argv), "policy": backend.name}
    console = Console()
    print_header(facts, console)
    rows = {}
    for name in names:
        begin = time.monotonic()
        conduct = Conduct(execute=execute, draw=CELLS[name].draw)
        rows[name] = figures(_run(backend, CELLS[name], range(first, first + trials), conduct))
        console.print(f"{name}: {rows[name][3]:.0f} of {trials}, {time.monotonic() - begin:.0f} s", highlight=False)
    section = Section("closed loop, in process", COLUMNS, rows, _note(execute, trials))
    print_sections([section], console)
    write_json(json, facts, [section], {name: rows[name][0] if name in rows else None for name in CELLS})


def figures(outcomes: list[Outcome]) -> tuple[float, ...]:
    """The columns of a line."""
    rate = success_rate(sum(one.success for one in outcomes), len(outcomes))
    return (
        rate.rate,
        rate.low,
        rate.high,
        rate.successes,
        rate.trials,
        sum(one.wrong for one in outcomes),
        1000 * float(np.median([one.nearest for one in outcomes])),
        float(np.mean([one.rows for one in outcomes])),
        sum(one.refused for one in outcomes),
    )


def episode_of(line: Cell, seed: int, scene: SceneSettings) -> Episode:
    """The episode of a line and a seed; lines of one task have the same placements."""
    episode = make_episode(line.task, load_task(CONFIG / "tasks", line.task), scene, seed)
    if not line.says:
        return episode
    return replace(episode, instruction=line.says.format(color=episode.target))


def _run(backend: Backend, line: Cell, seeds: range, conduct: Conduct) -> list[Outcome]:
    scene = load_scene(CONFIG / "cell" / f"{line.scene}.yaml")
    cell = InProcessCell(scene, backend.profile, cache_directory())
    try:
        return [run_trial(cell, backend, episode_of(line, seed, scene), conduct) for seed in seeds]
    finally:
        cell.close()


def _backend(policy: str, checkpoint: str) -> Backend:
    path = config_file(CONFIG, "policy", policy)
    chosen = load_policy_config(path)
    backend: Backend = load_factory(chosen.backend)(backend_settings(chosen, path, checkpoint=checkpoint))
    backend.warm_up()
    return backend


def _note(execute: int, trials: int) -> str:
    return (
        f"{trials} trials a line, seeds from {FIRST_SEED} on, paired between lines of one task; {execute or 'all'} "
        "rows of an answer are made before the next look. low, high: 95 % Wilson interval. wrong thing: another one "
        "was up at the end. nearest: median of how near the hand came to the wanted thing. A drawn trace begins at the "
        "hand at each look."
    )


if __name__ == "__main__":
    sys.exit(run(main))

"""What the commands of `molmoact nano` do: they bring the cell in process and the trainer together."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("MUJOCO_GL", "egl")
os.environ.setdefault("LP_NUM_THREADS", "0")  # a software renderer's threads would wait for each other's cores

import torch

from molmoact.depth.codebook import DepthCodebook
from molmoact.nano.checkpoint import nano_profile
from molmoact.nano.localising import LocalisingSettings, learn_to_localise
from molmoact.tiny.codebook import grey_level_codebook
from molmoact_bringup.data_report import progress_bar
from molmoact_bringup.demo_options import parse_seeds
from molmoact_bringup.nano_lessons import LessonSettings
from molmoact_bringup.nano_rows import RowsJob, write_rows
from molmoact_bringup.options import config_file
from molmoact_common.ros.nodes import share_directory
from sim_cell.inprocess.cell import InProcessCell
from sim_cell.render_model import cache_directory
from sim_cell.settings import SceneSettings, load_scene
from sim_cell.tasks import load_task


@dataclass(frozen=True, slots=True)
class Lessons:
    """Choices of `molmoact nano rows`; without a codebook grey levels are the codes. See also LessonSettings."""

    cell: str
    codebook: Path | None
    keep: float
    astray: float
    key: str


def hold_lessons(out: Path, tasks: Sequence[str], seeds: str, choices: Lessons) -> None:
    """Write the rows of lessons (see `molmoact nano rows`).

    Raises:
        UserError: no such task, cell or codebook, or seeds that are none.
    """
    config = share_directory() / "config"
    scene = load_scene(config_file(config, "cell", choices.cell))
    job = RowsJob(
        output=out,
        tasks={name: load_task(config / "tasks", name) for name in tasks},
        profile=nano_profile().model_copy(update={"statistics_key": choices.key}),
        codebook=DepthCodebook.load(choices.codebook) if choices.codebook else DepthCodebook(grey_level_codebook()),
        settings=LessonSettings(keep=choices.keep, astray=choices.astray),
        unnamed=_unnamed(config, scene) if "lift_block" in tasks else (),
    )
    todo = parse_seeds(seeds)
    world = InProcessCell(scene, job.profile, cache_directory())
    try:
        with progress_bar("lessons", len(todo)) as advance:
            for _ in write_rows(job, world, todo):
                advance(1)
    finally:
        world.close()


def _unnamed(config: Path, scene: SceneSettings) -> tuple[str, ...]:
    """Ways to ask for a lift without saying of what."""
    noun = scene.blocks.noun if scene.blocks else ""
    return tuple(phrase.format(noun=noun) for phrase in load_task(config / "tasks", "lift_some_block").phrasings)


def localise(base: Path, points: Sequence[Path], out: Path, *, steps: int, threads: int) -> None:
    """Teach the heat maps (see `molmoact nano localise`); errors as of `learn_to_localise`."""
    if threads:
        torch.set_num_threads(threads)
    with progress_bar("steps", steps) as advance:
        learn_to_localise(base, points, out, LocalisingSettings(steps=steps), lambda step, away: advance(1))

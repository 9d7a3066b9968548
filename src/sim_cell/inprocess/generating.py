"""Demonstrations by the thousand: the same seeds give the same ones, however many processes make them."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

from molmoact.curation.episodes import Episode
from molmoact.profile import load_profile
from sim_cell.inprocess.cell import InProcessCell
from sim_cell.inprocess.demonstration import DemonstrationSettings, demonstrate
from sim_cell.render_model import cache_directory
from sim_cell.settings import load_scene
from sim_cell.tasks import load_task, make_episode


@dataclass(frozen=True, slots=True)
class DemonstrationJob:
    """What every process needs to know.

    Attributes:
        scene: the scene's file.
        tasks: folder of task files.
        names: of the tasks, which take turns.
        profile: file with views and conventions of the actions.
        height: of all pictures, pixels; 0: as the scene has them.
        settings: see DemonstrationSettings, as JSON.
    """

    scene: Path
    tasks: Path
    names: tuple[str, ...]
    profile: Path
    height: int = 0
    settings: str = "{}"


def generate(job: DemonstrationJob, seeds: Sequence[int], processes: int = 1) -> Iterator[Episode | None]:
    """A demonstration a seed, in order; None: the expert did not do it.

    Args:
        job: what is made.
        seeds: of placement, target and phrasing; the task is `names[seed % len(names)]`.
        processes: on this machine; each has its own world.
    """
    os.environ.setdefault("MUJOCO_GL", "egl")
    os.environ.setdefault("LP_NUM_THREADS", "0")  # a software renderer's threads would wait for each other's cores
    if processes == 1:
        yield from (one_demonstration(job, seed) for seed in seeds)
        return
    context = get_context("forkserver")  # a fork would inherit what GL and torch hold half-way
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(processes, context) as pool:
        try:
            yield from pool.map(partial(one_demonstration, job), seeds)
        finally:
            pool.shutdown(cancel_futures=True)


def one_demonstration(job: DemonstrationJob, seed: int) -> Episode | None:
    """The demonstration of a seed, in this process's own world."""
    cell = _cell(job.scene, job.profile, job.height)
    name = job.names[seed % len(job.names)]
    episode = make_episode(name, load_task(job.tasks, name), cell.scene, seed)
    return demonstrate(
        cell, episode, load_profile(job.profile), DemonstrationSettings.model_validate_json(job.settings)
    )


@cache
def _cell(scene: Path, profile: Path, height: int) -> InProcessCell:
    settings = load_scene(scene)
    return InProcessCell(settings.at_height(height) if height else settings, load_profile(profile), cache_directory())

"""How a start of the simulated cell looks, drawn from its seed alone: what a trial's own pictures are held against."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from molmoact_bringup.options import CellOptions
from molmoact_bringup.scenes import scene_of
from trial_runner.run_data import RunData
from trial_runner.seen_images import load_seen
from trial_runner.trials.starts import Picture, blended, write_picture

if TYPE_CHECKING:
    from sim_cell.settings import SceneSettings
    from sim_cell.tasks import Episode


def drawn_start(options: CellOptions, config: Path) -> Picture:
    """The view of the scene's first camera: arms at home, hands open, objects where the options' seed places them.

    Raises:
        ConfigError: no such scene or task, or the scene has not what the task is about.
    """
    from sim_cell.cell_files import write_cell_files  # noqa: PLC0415  keeps `molmoact --help` quick

    with TemporaryDirectory() as folder:  # a placement follows from the files as a world writes and reads them
        files = write_cell_files(Path(folder), scene_of(options, config), config / "tasks")
        return _drawn(files.scene, files.episode(options.task, options.seed))


def write_start_overlay(run: RunData, drawn: Picture, target: Path) -> None:
    """Write what the policy saw first with the drawn start laid over it; nothing where it saw nothing."""
    views = load_seen(run, run.stories[:1])
    seen = next(iter(views.values()), {})
    for picture in seen.values():
        write_picture(target, blended(picture, drawn))


def _drawn(scene: "SceneSettings", episode: "Episode") -> Picture:
    os.environ.setdefault("MUJOCO_GL", "egl")  # before mujoco is imported
    import mujoco  # noqa: PLC0415

    from sim_cell.object_settings import FINGER_STROKE  # noqa: PLC0415
    from sim_cell.render_model import cache_directory, load_render_model  # noqa: PLC0415
    from sim_cell.renderer import CellRenderer  # noqa: PLC0415

    data = mujoco.MjData(load_render_model(scene, cache_directory()))
    for number, arm in enumerate(scene.arms.values()):
        for joint, angle in enumerate(arm.home, start=1):
            data.joint(f"robot{number}_fr3_joint{joint}").qpos[:] = angle
        for finger in (1, 2):
            data.joint(f"robot{number}_finger_joint{finger}").qpos[:] = FINGER_STROKE / 2
    for name, pose in episode.start.items():
        data.joint(f"{name}_joint").qpos[:] = np.concatenate([pose.position, np.roll(pose.quaternion, 1)])
    renderer = CellRenderer(scene, cache_directory())
    try:
        return renderer.render(data.qpos)[next(iter(scene.cameras))].rgb
    finally:
        renderer.close()

"""The world's own copies of its scene and tasks in the cell's directory, so that no process can have others."""

import shutil
from functools import cache, cached_property
from pathlib import Path

import yaml

from sim_cell.settings import SceneSettings, load_scene
from sim_cell.tasks import Episode, TaskSettings, load_task, make_episode

_SCENE = "scene.yaml"
_TASKS = "tasks"


class CellFiles:
    """Reads the copies; every part is read once.

    Args:
        cell_dir: scratch directory of the running cell.
    """

    def __init__(self, cell_dir: Path) -> None:
        self._cell_dir = cell_dir
        self.task = cache(self._task)
        self.episode = cache(self._episode)

    @cached_property
    def scene(self) -> SceneSettings:
        """The scene as the world runs it."""
        return load_scene(self._cell_dir / _SCENE)

    def _task(self, name: str) -> TaskSettings:
        return load_task(self._cell_dir / _TASKS, name)

    def _episode(self, name: str, seed: int) -> Episode:
        return make_episode(name, self.task(name), self.scene, seed)


def write_cell_files(cell_dir: Path, scene: SceneSettings, tasks: Path) -> CellFiles:
    """Copy the scene, and the folder `tasks`, into the cell's directory."""
    cell_dir.mkdir(parents=True, exist_ok=True)
    # In the file's order: a seed places the first block first.
    (cell_dir / _SCENE).write_text(yaml.safe_dump(scene.model_dump(mode="json"), sort_keys=False), encoding="utf-8")
    shutil.copytree(tasks, cell_dir / _TASKS, dirs_exist_ok=True)
    return CellFiles(cell_dir)

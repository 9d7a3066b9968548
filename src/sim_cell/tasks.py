"""Tasks: what is asked for in which words, and where a seed places the objects."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.spatial.transform import Rotation

from molmoact_common.errors import ConfigError
from molmoact_common.poses import Pose
from molmoact_common.yaml_config import Settings, load_settings
from sim_cell.object_settings import AreaSettings, BlocksSettings, Pair, PlacementSettings
from sim_cell.settings import LOOSE_TRAY, SceneSettings

Goal = Literal["in_tray", "lifted", "stacked", "tray_lifted"]

_DRAWS = 10_000


class Region(Settings):
    """A part of the table (metres, world)."""

    x: Pair
    y: Pair

    def __contains__(self, place: NDArray[np.float64]) -> bool:
        return bool(self.x[0] <= place[0] <= self.x[1] and self.y[0] <= place[1] <= self.y[1])


class TaskSettings(Settings):
    """Contents of config/tasks/*.yaml: what must hold in the end, and how it is said and laid out.

    Attributes:
        goal: what must hold.
        phrasings: ways to say so; {color} and {noun} are those of the target, {other} the color of what it is put on.
            Without {color} only the score, and an expert that is asked in these very words, know which one is meant.
        within: where the target starts; None: anywhere in the scene's area.
        without: where it does not start.
    """

    goal: Goal
    phrasings: tuple[str, ...] = Field(min_length=1)
    within: Region | None = None
    without: Region | None = None

    def allows(self, place: NDArray[np.float64]) -> bool:
        """Whether the target may start there."""
        inside = self.within is None or place in self.within
        return inside and (self.without is None or place not in self.without)


@dataclass(frozen=True, slots=True)
class Episode:
    """One task with one seed.

    Attributes:
        task: its name.
        seed: of the placement, the colour and the phrasing.
        goal: what must hold in the end.
        target: name of the object that is meant.
        support: name of the block that it is put on; empty: none.
        instruction: what a person would say.
        start: object name -> its pose at the start, world.
    """

    task: str
    seed: int
    goal: Goal
    target: str
    instruction: str
    start: Mapping[str, Pose]
    support: str = ""


def load_task(folder: Path, name: str) -> TaskSettings:
    """The task `name` of config/tasks.

    Raises:
        ConfigError: there is none of that name, or it is not of the schema.
    """
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if name not in known:
        raise ConfigError(f"no task {name!r} in {folder}; there are: {', '.join(known) or 'none'}")
    return load_settings(folder / f"{name}.yaml", TaskSettings)


def make_episode(name: str, task: TaskSettings, scene: SceneSettings, seed: int) -> Episode:
    """The episode of a seed; the same seed always gives the same one.

    Raises:
        ConfigError: the scene has not what the task is about, or its placement area is too small for its blocks.
    """
    random = np.random.default_rng([abs(seed), crc32(name.encode())])
    if task.goal == "tray_lifted":
        if scene.loose_tray is None:
            raise ConfigError(f"task {name}: the scene has no loose tray; choose a task with blocks, or --cell duo")
        phrasing = str(random.choice(task.phrasings))
        start = {LOOSE_TRAY: _anywhere(random, scene.loose_tray.placement)}
        return Episode(name, seed, task.goal, LOOSE_TRAY, phrasing, start)
    if scene.blocks is None:
        raise ConfigError(f"task {name}: the scene has no blocks; choose lift_tray, or a scene with blocks")
    target = str(random.choice(sorted(scene.blocks.colors)))
    phrasing = str(random.choice(task.phrasings))
    start = _blocks(random, scene.blocks, task, target)
    support = _other(random, name, scene.blocks, target) if task.goal == "stacked" else ""
    instruction = phrasing.format(color=target, noun=scene.blocks.noun, other=support)
    return Episode(name, seed, task.goal, target, instruction, start, support)


def _other(random: np.random.Generator, name: str, blocks: BlocksSettings, target: str) -> str:
    others = sorted(set(blocks.colors) - {target})
    if not others:
        raise ConfigError(f"task {name}: the scene has one block; choose a scene with two or more")
    return str(random.choice(others))


def _anywhere(random: np.random.Generator, area: AreaSettings) -> Pose:
    x, y = random.uniform((area.x[0], area.y[0]), (area.x[1], area.y[1]))
    yaw = random.uniform(-area.yaw, area.yaw)
    return Pose(np.array([x, y, 0.0]), Rotation.from_euler("z", yaw).as_quat())


def _blocks(random: np.random.Generator, blocks: BlocksSettings, task: TaskSettings, target: str) -> dict[str, Pose]:
    """Places and yaws, drawn until the target's is one that the task allows."""
    names = list(blocks.all)
    for _ in range(_DRAWS):
        places = _spread(random, len(names), blocks.placement)
        if task.allows(places[names.index(target)]):
            break
    else:
        raise ConfigError("task: within and without leave no place for the target in the scene's area; widen them")
    yaws = random.uniform(-blocks.placement.yaw, blocks.placement.yaw, len(names))
    return {
        block: Pose(np.array([x, y, blocks.size / 2]), Rotation.from_euler("z", yaw).as_quat())
        for block, (x, y), yaw in zip(names, places, yaws, strict=True)
    }


def _spread(random: np.random.Generator, count: int, area: PlacementSettings) -> NDArray[np.float64]:
    """`count` points of the area, no two nearer than its spacing."""
    low, high = (area.x[0], area.y[0]), (area.x[1], area.y[1])
    for _ in range(_DRAWS):
        points = random.uniform(low, high, (count, 2))
        gaps = np.linalg.norm(points[:, None] - points[None], axis=-1)[~np.eye(count, dtype=bool)]
        if np.all(gaps >= area.spacing):
            return points
    raise ConfigError(f"scene: placement: {count} blocks do not fit {area.spacing} m apart; widen x and y")

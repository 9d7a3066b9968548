"""Tasks: where a seed places the blocks, what it asks for, and how far a state of the world fulfils it."""

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
from sim_cell.settings import PlacementSettings, SceneSettings

LIFTED = 0.10
"""A block counts as lifted when its centre is this far above its place on the table, metres."""

_DRAWS = 10_000


class TaskSettings(Settings):
    """Contents of config/tasks/*.yaml: what must hold in the end, and ways to say so ({color} is filled in)."""

    goal: Literal["in_tray", "lifted"]
    phrasings: tuple[str, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Episode:
    """One task with one seed.

    Attributes:
        task: its name.
        seed: of the placement, the colour and the phrasing.
        goal: what must hold in the end.
        target: name of the block that is meant.
        instruction: what a person would say.
        start: block name -> its pose at the start, world.
    """

    task: str
    seed: int
    goal: Literal["in_tray", "lifted"]
    target: str
    instruction: str
    start: Mapping[str, Pose]


@dataclass(frozen=True, slots=True)
class Score:
    """Whether the goal holds now, and how near it is (0..1; 1 exactly where it holds)."""

    success: bool
    progress: float


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
        ConfigError: the scene's placement area is too small for its blocks.
    """
    random = np.random.default_rng([abs(seed), crc32(name.encode())])
    target = str(random.choice(sorted(scene.blocks)))
    phrasing = str(random.choice(task.phrasings))
    places = _spread(random, len(scene.blocks), scene.placement)
    yaws = random.uniform(-scene.placement.yaw, scene.placement.yaw, len(scene.blocks))
    start = {
        block: Pose(np.array([x, y, scene.block_size / 2]), Rotation.from_euler("z", yaw).as_quat())
        for block, (x, y), yaw in zip(scene.blocks, places, yaws, strict=True)
    }
    return Episode(name, seed, task.goal, target, phrasing.format(color=target), start)


def _spread(random: np.random.Generator, count: int, area: PlacementSettings) -> NDArray[np.float64]:
    """`count` points of the area, no two nearer than its spacing."""
    low, high = (area.x[0], area.y[0]), (area.x[1], area.y[1])
    for _ in range(_DRAWS):
        points = random.uniform(low, high, (count, 2))
        gaps = np.linalg.norm(points[:, None] - points[None], axis=-1)[~np.eye(count, dtype=bool)]
        if np.all(gaps >= area.spacing):
            return points
    raise ConfigError(f"scene: placement: {count} blocks do not fit {area.spacing} m apart; widen x and y")


def score(episode: Episode, scene: SceneSettings, blocks: Mapping[str, Pose], gripper_opening: float) -> Score:
    """How far the state fulfils the episode's goal.

    Args:
        episode: task and target.
        scene: for the tray and the block's size.
        blocks: name -> pose now, world.
        gripper_opening: measured, 0 closed .. 1 open.
    """
    target = blocks[episode.target].position
    height = float(np.clip((target[2] - scene.block_size / 2) / LIFTED, 0.0, 1.0))
    if episode.goal == "lifted":
        return Score(height >= 1.0, height)
    if in_tray(scene, target) and gripper_opening > scene.block_size / 0.08 + 0.05:
        return Score(True, 1.0)
    return Score(False, _way_to_tray(episode, scene, target, height))


def in_tray(scene: SceneSettings, position: NDArray[np.float64]) -> bool:
    """Whether a block's centre lies over the tray's inner area and below its rim's reach."""
    within = np.abs(position[:2] - scene.tray.center) <= np.array(scene.tray.inner) / 2
    return bool(np.all(within) and position[2] < scene.block_size)


def _way_to_tray(episode: Episode, scene: SceneSettings, target: NDArray[np.float64], height: float) -> float:
    whole = float(np.linalg.norm(episode.start[episode.target].position[:2] - scene.tray.center))
    left = float(np.linalg.norm(target[:2] - scene.tray.center))
    near = float(np.clip(1 - left / whole, 0.0, 1.0))
    return min(0.3 * height + 0.6 * near, 0.9) if near < 0.9 else 0.9


def blocks_of(scene: SceneSettings, objects: NDArray[np.float64]) -> dict[str, Pose]:
    """Name -> pose, from a snapshot's rows (position, quaternion x y z w) in the scene's order."""
    return {name: Pose(row[:3], row[3:]) for name, row in zip(scene.blocks, objects, strict=True)}

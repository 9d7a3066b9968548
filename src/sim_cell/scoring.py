"""How far a state of the world fulfils an episode's goal; nothing but the state is looked at."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from molmoact_common.errors import ConfigError
from molmoact_common.poses import Pose
from sim_cell.object_settings import FINGER_STROKE, BlocksSettings, LooseTraySettings
from sim_cell.settings import LOOSE_TRAY, SceneSettings
from sim_cell.shared import Snapshot
from sim_cell.tasks import Episode
from sim_cell.tray import Hand, held_by, tilt

LIFTED = 0.10
"""A thing counts as lifted when it is this far above its place on the table, metres."""

STACKED = 0.018
"""A block stands on another one when their centres are no farther apart along x and y, metres (just under half one)."""

LEVEL = 0.087
"""The tray is level up to this lean, radians (5 degrees)."""


@dataclass(frozen=True, slots=True)
class Score:
    """Whether the goal holds now, and how near it is (0..1; 1 exactly where it holds)."""

    success: bool
    progress: float


def objects_of(scene: SceneSettings, snapshot: Snapshot) -> dict[str, Pose]:
    """Object name -> pose, world."""
    return {name: Pose(row[:3], row[3:]) for name, row in zip(scene.objects, snapshot.objects, strict=True)}


def hands_of(scene: SceneSettings, snapshot: Snapshot) -> dict[str, Hand]:
    """Arm name -> its hand, world."""
    rows = zip(scene.arms, snapshot.tcp, snapshot.opening, strict=True)
    return {arm: Hand(Pose(tcp[:3], tcp[3:]), float(opening)) for arm, tcp, opening in rows}


def score(episode: Episode, scene: SceneSettings, objects: Mapping[str, Pose], hands: Mapping[str, Hand]) -> Score:
    """How far the state fulfils the episode's goal.

    Args:
        episode: task and target, of this scene.
        scene: for shapes and places.
        objects: name -> pose now, world.
        hands: arm name -> hand now, world.
    """
    if scene.loose_tray is not None:
        return _tray_lifted(scene.loose_tray, objects[LOOSE_TRAY], hands)
    if scene.blocks is None:
        raise ConfigError("the scene has neither blocks nor a loose tray")
    target = objects[episode.target].position
    height = _height(float(target[2]) - scene.blocks.size / 2)
    if episode.goal == "lifted":
        return Score(height >= 1.0, height)
    free = min(hand.opening for hand in hands.values()) > scene.blocks.size / FINGER_STROKE + 0.05
    if episode.goal == "stacked":
        support = objects[episode.support].position
        if free and stands_on(scene.blocks, target, support):
            return Score(True, 1.0)
        return Score(False, _on_its_way(episode, support[:2], target, height))
    if free and in_tray(scene.blocks, target):
        return Score(True, 1.0)
    return Score(False, _on_its_way(episode, np.array(scene.blocks.tray.center), target, height))


def _height(above: float) -> float:
    return float(np.clip(above / LIFTED, 0.0, 1.0))


def in_tray(blocks: BlocksSettings, position: NDArray[np.float64]) -> bool:
    """Whether a block's centre lies over the tray's inner area and below its rim's reach."""
    within = np.abs(position[:2] - blocks.tray.center) <= np.array(blocks.tray.inner) / 2
    return bool(np.all(within) and position[2] < blocks.size)


def stands_on(blocks: BlocksSettings, position: NDArray[np.float64], support: NDArray[np.float64]) -> bool:
    """Whether a block's centre lies a block above another's."""
    above = position - support
    return bool(np.all(np.abs(above[:2]) <= STACKED) and abs(above[2] - blocks.size) < blocks.size / 8)


def _on_its_way(episode: Episode, goal: NDArray[np.float64], target: NDArray[np.float64], height: float) -> float:
    """Progress of a block that is carried to a place on the table or above it."""
    whole = float(np.linalg.norm(episode.start[episode.target].position[:2] - goal))
    left = float(np.linalg.norm(target[:2] - goal))
    near = float(np.clip(1 - left / whole, 0.0, 1.0))
    return min(0.3 * height + 0.6 * near, 0.9) if near < 0.9 else 0.9


def _tray_lifted(tray: LooseTraySettings, pose: Pose, hands: Mapping[str, Hand]) -> Score:
    """A tenth for each hand that holds it, and the rest for the height while both do."""
    held = held_by(tray, pose, hands)
    if len(held) < len(hands):
        return Score(False, 0.1 * len(held))
    height = _height(float(pose.position[2]))
    if height >= 1.0 and tilt(pose) <= LEVEL:
        return Score(True, 1.0)
    return Score(False, min(0.2 + 0.7 * height, 0.9))

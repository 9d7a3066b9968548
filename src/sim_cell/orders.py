"""From an instruction to the expert's order: what each arm takes, and what is done with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from molmoact_common.poses import Pose
from sim_cell.expert import Destination, Job
from sim_cell.object_settings import BlocksSettings
from sim_cell.scoring import STACKED, objects_of
from sim_cell.settings import LOOSE_TRAY, SceneSettings
from sim_cell.shared import Snapshot
from sim_cell.tasks import Episode
from sim_cell.tray import handles


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done.

    Attributes:
        job: of every arm.
        places: arm name -> what it takes, world.
    """

    job: Job
    places: Mapping[str, Pose]


def order_for(episode: Episode, scene: SceneSettings, instruction: str, snapshot: Snapshot) -> Order | str:
    """The order for the state of a snapshot, or in one line why the instruction gives none.

    Args:
        episode: for its goal; and for its target where the instruction is its own and names none.
        scene: of the snapshot.
        instruction: what the robot was told.
        snapshot: the state.
    """
    objects = objects_of(scene, snapshot)
    if scene.loose_tray is not None:
        if named(instruction, (LOOSE_TRAY,)) != [LOOSE_TRAY]:
            return f"instruction {instruction!r} does not name the tray"
        return Order(Job(scene.loose_tray.handle.thickness), handles(scene.loose_tray, objects[LOOSE_TRAY], scene.arms))
    said = named(instruction, scene.objects) or [episode.target] * (instruction == episode.instruction)
    wanted, what = (2, "two blocks") if episode.goal == "stacked" else (1, "one block")
    if scene.blocks is None or len(said) != wanted:
        return f"instruction {instruction!r} does not name exactly {what} of the cell"
    job = Job(scene.blocks.size, _destination(episode, scene.blocks, objects[said[-1]]))
    return Order(job, dict.fromkeys(scene.arms, objects[said[0]]))


def _destination(episode: Episode, blocks: BlocksSettings, support: Pose) -> Destination | None:
    if episode.goal == "in_tray":
        return into_tray(blocks)
    if episode.goal == "stacked":
        return Destination(support.position + np.array([0.0, 0.0, blocks.size]), (STACKED, STACKED))
    return None


def into_tray(blocks: BlocksSettings) -> Destination:
    """The scene's tray, for one of its blocks."""
    (x, y), inner = blocks.tray.center, blocks.tray.inner
    return Destination(np.array([x, y, blocks.size / 2]), (inner[0] / 2, inner[1] / 2))


def named(instruction: str, names: tuple[str, ...]) -> list[str]:
    """Those of `names` that the instruction names, in its order."""
    words = re.findall(r"[a-z]+", instruction.lower())
    return list(dict.fromkeys(word for word in words if word in names))

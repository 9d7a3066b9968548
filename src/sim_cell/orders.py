"""From an instruction to the expert's order: what each arm takes, and what is done with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from molmoact_common.poses import Pose
from sim_cell.expert import Job
from sim_cell.scoring import objects_of
from sim_cell.settings import LOOSE_TRAY, SceneSettings
from sim_cell.shared import Snapshot
from sim_cell.tasks import Goal
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


def order_for(goal: Goal, scene: SceneSettings, instruction: str, snapshot: Snapshot) -> Order | str:
    """The order for the state of a snapshot, or in one line why the instruction gives none."""
    objects = objects_of(scene, snapshot)
    if scene.loose_tray is not None:
        if named(instruction, (LOOSE_TRAY,)) is None:
            return f"instruction {instruction!r} does not name the tray"
        return Order(Job(scene.loose_tray.handle.thickness), handles(scene.loose_tray, objects[LOOSE_TRAY], scene.arms))
    target = named(instruction, scene.objects)
    if scene.blocks is None or target is None:
        return f"instruction {instruction!r} does not name exactly one block of the cell"
    job = Job(scene.blocks.size, scene.blocks if goal == "in_tray" else None)
    return Order(job, dict.fromkeys(scene.arms, objects[target]))


def named(instruction: str, names: tuple[str, ...]) -> str | None:
    """The one of `names` that the instruction names, where it names exactly one."""
    words = set(re.findall(r"[a-z]+", instruction.lower()))
    found = [name for name in names if name in words]
    return found[0] if len(found) == 1 else None

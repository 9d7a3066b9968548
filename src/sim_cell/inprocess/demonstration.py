"""A demonstration by the expert in process, as the same episode that a recorded take becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.spatial.transform import Rotation

from molmoact.curation.episodes import Episode, Motion, actions_of, pose_row
from molmoact.curation.no_ops import NoOpLimits, working_rows
from molmoact.profile import CheckpointProfile
from molmoact_common.poses import Pose
from molmoact_common.yaml_config import Settings
from sim_cell import tasks
from sim_cell.inprocess.cell import InProcessCell
from sim_cell.inprocess.expert import expert_rows
from sim_cell.projection import project
from sim_cell.renderer import DEPTH_UNIT, View
from sim_cell.settings import CameraSettings


class DemonstrationSettings(Settings):
    """How the expert demonstrates.

    Attributes:
        replan: rows that are made before the expert looks again; 8 is what it does in the cell's graph.
        longest: steps after which a demonstration is given up.
        wander: metres that the arm is led away from home before anything is recorded, at most: a policy that never saw
            the hand off the expert's way does not find back.
        no_ops: limits below which a step is left out, as in conversion; None keeps every step.
    """

    replan: int = Field(default=8, ge=1, le=64)
    longest: int = Field(default=400, ge=1)
    wander: float = Field(default=0.0, ge=0, le=0.3)
    no_ops: NoOpLimits | None = NoOpLimits()


@dataclass(slots=True)
class _Record:
    """What is kept of every step."""

    views: list[Mapping[str, View]] = field(default_factory=list)
    stamps_ns: list[int] = field(default_factory=list)
    measured: list[NDArray[np.float64]] = field(default_factory=list)
    commanded: list[NDArray[np.float64]] = field(default_factory=list)

    def see(self, cell: InProcessCell) -> None:
        """The state before a step."""
        now = cell.snapshot()
        self.views.append(cell.render())
        self.stamps_ns.append(round(cell.seconds * 1e9))
        self.measured.append(np.append(now.tcp[0], now.opening[0]))
        self.commanded.append(pose_row(cell.commanded, cell.gripper))


def demonstrate(
    cell: InProcessCell, episode: tasks.Episode, profile: CheckpointProfile, settings: DemonstrationSettings
) -> Episode | None:
    """Let the expert do the task.

    Args:
        cell: any state; it is reset.
        episode: what is to be done.
        profile: conventions of the actions.
        settings: how.

    Returns:
        The demonstration, or None where the task was not done in time.
    """
    cell.reset(episode)
    _wander(cell, settings.wander)
    record = _Record()
    while not cell.score().success:
        for row in expert_rows(cell, settings.replan):
            record.see(cell)
            cell.step(row)
        if len(record.views) >= settings.longest:
            return None
    record.commanded.append(pose_row(cell.commanded, cell.gripper))
    return _episode(record, cell, profile, settings)


def _wander(cell: InProcessCell, farthest: float) -> None:
    """Lead the arm to somewhere else, down to just above the blocks, with the hand a little turned."""
    if not farthest:
        return
    random = np.random.default_rng([abs(cell.episode.seed), crc32(b"wander")])
    shift = random.uniform(-1.0, 1.0, 3) * (farthest, farthest, 0.5 * farthest) - (-0.5 * farthest, 0, 0.5 * farthest)
    turn = Rotation.from_euler("z", random.uniform(-0.4, 0.4))
    start = cell.commanded
    place = start.position + shift
    goal = Pose(np.array([*place[:2], max(place[2], 0.12)]), (turn * start.rotation()).as_quat())
    cell.move(goal, 1.0)
    cell.move(goal, 1.0)


def _episode(
    record: _Record, cell: InProcessCell, profile: CheckpointProfile, settings: DemonstrationSettings
) -> Episode:
    commanded = np.array(record.commanded)[:, None]
    motion = Motion(np.array(record.measured)[:, None], commanded[:-1], commanded[1:])
    kept = np.arange(len(motion)) if settings.no_ops is None else working_rows(motion, settings.no_ops)
    motion, views = motion.kept(kept), [record.views[index] for index in kept]
    first = profile.views[0]
    depth = [view[first].depth for view in views]
    return Episode(
        source=f"{cell.episode.task}, seed {cell.episode.seed}",
        instruction=cell.episode.instruction,
        views={name: [_png(view[name].rgb[:, :, ::-1]) for view in views] for name in profile.views},
        depth=[_png(picture) for picture in depth if picture is not None],
        depth_unit=DEPTH_UNIT,
        stamps_ns=np.array(record.stamps_ns, dtype=np.int64)[kept],
        steps=kept.astype(np.int64),
        measured=motion.measured,
        commanded=motion.commanded,
        actions=actions_of(motion, profile),
        hands=_hands(cell.scene.cameras[first], motion),
    )


def _hands(camera: CameraSettings, motion: Motion) -> NDArray[np.float64]:
    return project(camera, motion.measured[:, 0, :3])[:, None]


def _png(picture: NDArray[np.generic]) -> bytes:
    return bytes(cv2.imencode(".png", picture)[1])

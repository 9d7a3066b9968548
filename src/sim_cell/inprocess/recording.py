"""What a recorder keeps of a take, in process: every step as it was before it was made, and the episode of them."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from molmoact.curation.episodes import Episode, Motion, actions_of, pose_row
from molmoact.curation.no_ops import NoOpLimits, working_rows
from molmoact.profile import CheckpointProfile
from sim_cell.inprocess.cell import InProcessCell
from sim_cell.projection import project
from sim_cell.renderer import DEPTH_UNIT, View


class Recording:
    """Pictures, poses and times of the steps of one take."""

    def __init__(self) -> None:
        self._views: list[Mapping[str, View]] = []
        self._stamps_ns: list[int] = []
        self._measured: list[NDArray[np.float64]] = []
        self._commanded: list[NDArray[np.float64]] = []

    def __len__(self) -> int:
        return len(self._views)

    def see(self, cell: InProcessCell) -> None:
        """Keep the state before a step."""
        now = cell.snapshot()
        self._views.append(cell.render())
        self._stamps_ns.append(round(cell.seconds * 1e9))
        self._measured.append(np.append(now.tcp[0], now.opening[0]))
        self._commanded.append(pose_row(cell.commanded, cell.gripper))

    def episode(self, cell: InProcessCell, profile: CheckpointProfile, no_ops: NoOpLimits | None) -> Episode:
        """The episode that conversion would make of the take.

        Args:
            cell: after the last step.
            profile: views and conventions of the actions.
            no_ops: limits below which a step is left out; None keeps every step.
        """
        commanded = np.array([*self._commanded, pose_row(cell.commanded, cell.gripper)])[:, None]
        motion = Motion(np.array(self._measured)[:, None], commanded[:-1], commanded[1:])
        kept = np.arange(len(motion)) if no_ops is None else working_rows(motion, no_ops)
        motion, views = motion.kept(kept), [self._views[index] for index in kept]
        first = profile.views[0]
        depth = [view[first].depth for view in views]
        return Episode(
            source=f"{cell.episode.task}, seed {cell.episode.seed}",
            instruction=cell.episode.instruction,
            views={name: [_png(view[name].rgb[:, :, ::-1]) for view in views] for name in profile.views},
            depth=[_png(picture) for picture in depth if picture is not None],
            depth_unit=DEPTH_UNIT,
            stamps_ns=np.array(self._stamps_ns, dtype=np.int64)[kept],
            steps=kept.astype(np.int64),
            measured=motion.measured,
            commanded=motion.commanded,
            actions=actions_of(motion, profile),
            hands=project(cell.scene.cameras[first], motion.measured[:, 0, :3])[:, None],
        )


def _png(picture: NDArray[np.generic]) -> bytes:
    return bytes(cv2.imencode(".png", picture)[1])

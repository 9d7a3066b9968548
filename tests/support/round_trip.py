"""Demonstrations in process as symbols, decoded and played again open loop from the same start."""

from collections.abc import Sequence

import numpy as np

from molmoact.curation.episodes import Motion, actions_of, pose_row
from molmoact.curation.lerobot_statistics import action_statistics
from molmoact.curation.no_ops import NoOpLimits, working_rows
from molmoact.profile import CheckpointProfile
from molmoact.protocol.actions import bins_of, normalise, physical, un_normalise, values_of
from molmoact.protocol.statistics import choose_statistics
from sim_cell.inprocess.cell import InProcessCell
from sim_cell.inprocess.expert import expert_rows
from sim_cell.inprocess.replaying import play
from sim_cell.tasks import Episode
from support.replaying import Replay


def round_trip(cell: InProcessCell, episodes: Sequence[Episode], profile: CheckpointProfile) -> list[Replay]:
    """The expert does every episode; each is played from symbols of the set's own statistics."""
    motions = [_motion(cell, episode) for episode in episodes]
    actions = [actions_of(motion, profile) for motion in motions]
    statistics = choose_statistics({"demos": action_statistics(actions)})
    played = []
    for episode, motion, raw in zip(episodes, motions, actions, strict=True):
        rows = physical(un_normalise(values_of(bins_of(normalise(raw, statistics))), statistics), profile)
        done = play(cell, episode, rows)
        apart = float(np.linalg.norm(done.end.position - motion.targets[-1, 0, :3]))
        played.append(Replay(episode.seed, apart, done.success))
    return played


def _motion(cell: InProcessCell, episode: Episode) -> Motion:
    """What the expert does, without the steps in which nothing happens."""
    cell.reset(episode)
    measured, commanded = [], []
    while not cell.score().success:
        for row in expert_rows(cell, 8):
            now = cell.snapshot()
            measured.append(np.append(now.tcp[0], now.opening[0]))
            commanded.append(pose_row(cell.commanded, cell.gripper))
            cell.step(row)
    places = np.array([*commanded, pose_row(cell.commanded, cell.gripper)])[:, None]
    motion = Motion(np.array(measured)[:, None], places[:-1], places[1:])
    return motion.kept(working_rows(motion, NoOpLimits()))

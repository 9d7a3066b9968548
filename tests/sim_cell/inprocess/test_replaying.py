"""Round trip in process: rows of a demonstration, through symbols, played again."""

import numpy as np
import pytest

from molmoact.curation.episodes import Motion, actions_of, pose_row
from molmoact.curation.lerobot_statistics import action_statistics
from molmoact.curation.no_ops import NoOpLimits, working_rows
from molmoact.protocol.actions import bins_of, normalise, physical, un_normalise, values_of
from molmoact.protocol.statistics import choose_statistics
from sim_cell.inprocess.expert import expert_rows
from sim_cell.inprocess.replaying import play


def motion_of(cell, episode):
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


def test_symbols_of_demonstrations_played_again_do_the_task_and_end_where_they_ended(blind, episode, profile):
    shown = [episode("put_block_in_tray", seed) for seed in range(3)]
    motions = [motion_of(blind, one) for one in shown]
    actions = [actions_of(motion, profile) for motion in motions]
    statistics = choose_statistics({"demos": action_statistics(actions)})
    for one, motion, raw in zip(shown, motions, actions, strict=True):
        rows = physical(un_normalise(values_of(bins_of(normalise(raw, statistics))), statistics), profile)
        played = play(blind, one, rows)
        assert played.success
        # Most of it are steps beyond the statistics' q01 and q99, which are cut.
        assert np.linalg.norm(played.end.position - motion.targets[-1, 0, :3]) < 0.015


def test_pauses_take_their_time_and_change_no_command(blind, episode):
    rows = np.tile([0.004, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0], (4, 1))
    ends, times = [], []
    for pauses in ((), (0.0, 0.3, 0.0, 0.0)):
        ends.append(play(blind, episode("lift_block", 0), rows, pauses=pauses).end.position)
        times.append(blind.seconds)
    np.testing.assert_array_equal(*ends)
    assert times[1] - times[0] == pytest.approx(0.3, abs=0.02)


def test_a_lag_leaves_the_hand_farther_behind_and_lets_it_arrive(blind, episode):
    behind = []
    for lag in (0.0, 0.2):
        blind.reset(episode("lift_block", 0))
        blind.lag = lag
        for _ in range(10):
            blind.step(np.array([0.008, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]))
        behind.append(float(blind.commanded.position[0] - blind.snapshot().tcp[0, 0]))
        blind.rest(2.0)
        assert blind.snapshot().tcp[0, 0] == pytest.approx(blind.commanded.position[0], abs=1e-3)
    blind.lag = 0.0
    assert behind[1] - behind[0] == pytest.approx(0.2 * 0.12, rel=0.2)

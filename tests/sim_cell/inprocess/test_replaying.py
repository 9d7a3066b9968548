"""Round trip in process: rows of a demonstration, through symbols, played again."""

import numpy as np
import pytest

from sim_cell.inprocess.replaying import play
from support.round_trip import round_trip

CUT = 0.015
"""Metres; most of it are steps beyond the statistics' q01 and q99, which few demonstrations have many of."""


def test_symbols_of_demonstrations_played_again_do_the_task_and_end_where_they_ended(blind, episode, profile):
    played = round_trip(blind, [episode("put_block_in_tray", seed) for seed in range(3)], profile)
    assert all(one.success for one in played)
    assert max(one.apart for one in played) < CUT


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

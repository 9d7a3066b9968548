"""Starts of the cell drawn from their seeds."""

import numpy as np
import pytest

from molmoact_bringup.options import CellOptions
from molmoact_bringup.trials_start import drawn_start, write_start_overlay
from molmoact_common.errors import ConfigError
from support.synthetic_run import write_synthetic_run
from trial_runner.run_data import load_run
from trial_runner.trials.starts import read_picture


def test_a_seed_has_its_own_start_and_always_the_same(places):
    first, again, other = (drawn_start(CellOptions(task="lift_block", seed=seed), places.config) for seed in (1, 1, 2))
    assert first.shape[2] == 3
    assert (first == again).all()
    moved = np.abs(first.astype(int) - other).max(axis=2) > 30
    assert 0.0005 < moved.mean() < 0.2  # blocks, and nothing else


def test_a_task_that_there_is_not_is_told(places):
    with pytest.raises(ConfigError, match="no task 'juggle'"):
        drawn_start(CellOptions(task="juggle"), places.config)


def test_what_the_policy_saw_first_is_laid_under_it(tmp_path):
    write_synthetic_run(tmp_path / "bag", chunks=1)
    black = np.zeros((240, 320, 3), np.uint8)
    write_start_overlay(load_run(tmp_path / "bag"), black, tmp_path / "o.png")
    assert 60 < read_picture(tmp_path / "o.png")[0, 0].max() < 100  # half of the wall's grey

"""Figures of a motion, of paths whose figures are known."""

import numpy as np
import pytest

from bench.motion_figures import behind, dip, filled, off_path, speeds, ticks_to_rest


def line(speeds_of_ticks) -> np.ndarray:
    """Along x, m/s of each tick."""
    x = np.concatenate([[0.0], np.cumsum(np.asarray(speeds_of_ticks) / 1000)])
    return np.stack([x, 0 * x, 0 * x], axis=1)


def test_speed_of_an_even_motion():
    assert speeds(line([0.25] * 50)) == pytest.approx(0.25)


@pytest.mark.parametrize(("moving", "expected"), [(0, 0), (40, 44)])
def test_rest_counts_until_the_last_tick_that_is_fast(moving, expected):
    assert ticks_to_rest(line([0.2] * moving + [0.0] * 100)) == expected


def test_one_that_rests_and_starts_again_is_not_at_rest_before():
    assert ticks_to_rest(line([0.2] * 10 + [0.0] * 50 + [0.2] * 10 + [0.0] * 30)) > 70


def test_a_dip_is_told_as_a_share_of_cruise_and_only_near_a_border():
    path = line([0.12] * 200 + [0.09] * 20 + [0.12] * 200)
    assert dip(path, [205], 20, 50) == pytest.approx(0.25)
    assert dip(path, [350], 20, 50) == pytest.approx(0.0, abs=1e-9)


def test_rows_that_are_not_known_are_the_ones_before():
    path = np.full((5, 3), np.nan)
    path[1], path[3] = 1.0, 2.0
    assert filled(path)[:, 0].tolist() == [1.0, 1.0, 2.0, 2.0]
    assert len(filled(np.full((4, 3), np.nan))) == 0


def test_distance_to_a_path_with_a_corner_is_to_its_nearest_point():
    corners = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    at = np.array([[0.5, 0.1, 0.0], [1.2, 0.5, 0.0], [-0.3, 0.0, 0.4], [1.0, 0.0, 0.0]])
    assert off_path(at, corners) == pytest.approx([0.1, 0.2, 0.5, 0.0])


def test_distance_to_the_setpoint_of_the_moment_takes_what_lies_between_two():
    targets = [(100, np.zeros(3)), (120, np.array([0.02, 0.0, 0.0]))]
    path = np.zeros((31, 3))
    assert behind(path, targets, first=100)[[0, 10, 20, 30]] == pytest.approx([0.0, 0.01, 0.02, 0.02])

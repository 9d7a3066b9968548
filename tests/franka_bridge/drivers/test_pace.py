"""How fast a planner may go to the end of a step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from franka_bridge.drivers.base import Ahead
from franka_bridge.drivers.pace import LEAST, SLACK, SLOWEST, Pace
from molmoact_common.poses import Pose

STRAIGHT = np.array([1.0, 0.0, 0.0, 0.0])
PACE = Pace(speeds=np.array([0.5, 2.5]), accelerations=np.array([1.35, 2.55]), most=0.5)
SPEED = 0.12
LAG = SPEED**2 / (2 * 1.35) + SPEED * SLACK
"""Metres that an arm at 120 mm/s lags behind: braking and slack."""


def at(x: float) -> Pose:
    return Pose(np.array([x, 0.0, 0.4]), STRAIGHT)


def share(here: float, target: float, end: float, speed: float = SPEED) -> float:
    return PACE.share(at(here), at(target), Ahead(at(end), speed, 0.0))


def test_an_arm_that_lags_by_its_braking_distance_goes_at_the_speed_of_the_step():
    assert share(0.004 - LAG, 0.004, 0.008) * 0.5 == pytest.approx(SPEED)


def test_an_arm_that_lags_by_more_catches_up_and_never_over_the_cap():
    assert SPEED < share(-0.005 - LAG, 0.004, 0.008) * 0.5 < 0.25
    assert share(-0.2, 0.004, 0.008) == PACE.most


def test_an_arm_that_begins_is_slowed_down_a_little_only():
    assert share(0.004, 0.004, 0.008) * 0.5 == pytest.approx(SLOWEST * SPEED)


def test_where_no_step_is_under_way_what_is_left_is_made_up():
    assert share(0.0, 0.015, 0.015, speed=0.0) * 0.5 == pytest.approx(0.1)
    assert share(0.015, 0.015, 0.015, speed=0.0) == LEAST


@given(here=st.floats(-0.5, 0.5), target=st.floats(-0.5, 0.5), end=st.floats(-0.5, 0.5), speed=st.floats(0.0, 0.25))
def test_whatever_comes_it_is_a_share_that_a_planner_takes(here: float, target: float, end: float, speed: float):
    assert LEAST <= share(here, target, end, speed) <= PACE.most


def test_a_turn_counts_by_its_own_limits():
    turned = Pose(at(0.0).position, np.array([np.cos(0.05), np.sin(0.05), 0.0, 0.0]))
    made = PACE.share(at(0.0), at(0.0), Ahead(turned, 0.0, 1.0))
    assert made * 2.5 == pytest.approx(SLOWEST, abs=0.01)

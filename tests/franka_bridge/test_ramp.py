"""Setpoints between targets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from franka_bridge.ramp import SPACING_NS, Ramp
from franka_bridge.targets import Target, Targets
from molmoact_common.poses import Pose

PERIOD_NS = 66_666_667


def at(x: float) -> Targets:
    return {"arm": Target(Pose(np.array([x, 0.0, 0.3]), np.array([1.0, 0.0, 0.0, 0.0])), 1.0)}


def x(ramp: Ramp, now_ns: int) -> float:
    return float(ramp.at(now_ns)["arm"].position[0])


def test_goes_evenly_and_stays_at_the_end():
    ramp = Ramp()
    ramp.rest_at(at(0.0))
    ramp.head_for(at(0.008), 0, PERIOD_NS)
    assert x(ramp, PERIOD_NS // 2) == pytest.approx(0.004, abs=1e-9)
    assert x(ramp, 10 * PERIOD_NS) == pytest.approx(0.008)


def test_a_step_taken_up_late_is_on_its_way_already_so_that_the_speed_stays_even():
    ramp = Ramp()
    ramp.rest_at(at(0.0))
    ramp.head_for(at(0.008), 0, PERIOD_NS)
    ramp.head_for(at(0.016), PERIOD_NS, PERIOD_NS)
    assert x(ramp, 70_000_000) == pytest.approx(0.008 * 70_000_000 / PERIOD_NS)


@given(
    times=st.lists(st.integers(0, 300_000_000), min_size=2),
    change=st.integers(0, 80_000_000),
    goal=st.floats(-0.02, 0.02),
)
def test_never_jumps_and_never_passes_a_target(times: list[int], change: int, goal: float):
    ramp = Ramp()
    ramp.rest_at(at(0.0))
    ramp.head_for(at(0.01), 0, PERIOD_NS)
    before = x(ramp, change)
    ramp.head_for(at(goal), change, PERIOD_NS)
    assert x(ramp, change) == pytest.approx(before)
    low, high = sorted((before, goal))
    assert all(low - 1e-12 <= x(ramp, time) <= high + 1e-12 for time in times)


def test_setpoints_keep_their_distance_in_time_also_where_the_clock_is_set_back():
    ramp = Ramp()
    ramp.rest_at(at(0.0))
    assert ramp.next(SPACING_NS)
    assert not ramp.next(2 * SPACING_NS - 1)
    assert ramp.next(2 * SPACING_NS)
    assert ramp.next(0)

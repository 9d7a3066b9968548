"""The reference of the impedance driver: bounded, gentle, and there in the end."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from franka_bridge.drivers.leader import LONGEST_STEP, STALE, Bounds, Leader
from molmoact_common.poses import Pose

TRANSLATION, ROTATION = Bounds(0.25, 1.35), Bounds(1.25, 2.5)
START = Pose(np.array([0.4, 0.0, 0.3]), np.array([1.0, 0.0, 0.0, 0.0]))


def moved(metres: tuple[float, ...] = (0.0, 0.0, 0.0), radians: tuple[float, ...] = (0.0, 0.0, 0.0)) -> Pose:
    turn = Rotation.from_rotvec(radians) * START.rotation()
    return Pose(START.position + np.array(metres), turn.as_quat())


def leader() -> Leader:
    return Leader(START, 0, TRANSLATION, ROTATION)


def run(lead: Leader, since: int, until: int, step: int = 10) -> None:
    for ms in range(since, until, step):
        lead.step(ms)


ways = st.tuples(*[st.floats(-0.2, 0.2)] * 3)
turns = st.tuples(*[st.floats(-0.6, 0.6)] * 3)


@given(orders=st.lists(st.tuples(ways, turns, st.integers(1, 120), st.booleans()), min_size=1, max_size=20))
def test_whatever_the_targets_neither_speed_nor_its_change_passes_its_limit(orders):
    lead, ms = leader(), 0
    for metres, radians, wait, last in orders:
        lead.head_for(moved(metres, radians), ms, last=last)
        ms += wait
        before, at = lead.velocity, lead.pose
        lead.step(ms)
        dt = min(wait / 1000, LONGEST_STEP)
        assert np.linalg.norm(lead.velocity.linear) <= 0.25 + 1e-9
        assert np.linalg.norm(lead.velocity.angular) <= 1.25 + 1e-9
        assert np.linalg.norm(lead.velocity.linear - before.linear) <= 1.35 * dt + 1e-9
        assert np.linalg.norm(lead.velocity.angular - before.angular) <= 2.5 * dt + 1e-9
        assert at.distance_to(lead.pose)[0] <= 0.25 * dt + 1e-9


@settings(max_examples=20)
@given(metres=ways, radians=turns)
def test_it_arrives_and_rests_there(metres, radians):
    lead = leader()
    lead.head_for(moved(metres, radians), 0, last=True)
    run(lead, 20, 3500, step=20)
    assert lead.pose.distance_to(moved(metres, radians)) == pytest.approx((0.0, 0.0), abs=1e-6)
    assert np.abs(lead.velocity.linear).max() < 1e-5


@settings(max_examples=20)
@given(way=st.floats(0.001, 0.3))
def test_it_does_not_go_past_a_target_at_rest(way):
    lead = leader()
    lead.head_for(moved((way, 0.0, 0.0)), 0, last=True)
    for ms in range(10, 2000, 10):
        lead.step(ms)
        assert lead.pose.position[0] - START.position[0] <= way + 1e-4


def test_it_keeps_up_with_a_target_that_moves_evenly():
    lead = leader()
    for ms in range(10, 1500, 10):
        lead.step(ms)
        if ms % 20 == 0:
            lead.head_for(moved((0.15 * ms / 1000, 0.0, 0.0)), ms, last=False)
    ahead = lead.pose.position[0] - START.position[0] - 0.15 * 1.48
    assert abs(ahead) < 0.004


def test_where_targets_cease_it_goes_to_the_last_one_and_not_beyond():
    lead = leader()
    for ms in range(20, 1000, 20):
        lead.step(ms)
        lead.head_for(moved((0.2 * ms / 1000, 0.0, 0.0)), ms, last=False)
    run(lead, 990, 2000)
    assert lead.pose.position[0] == pytest.approx(moved((0.2 * 0.98, 0.0, 0.0)).position[0], abs=1e-6)


def test_where_time_stands_still_so_does_it():
    lead = leader()
    lead.head_for(moved((0.1, 0.0, 0.0)), 0, last=True)
    run(lead, 10, 200)
    pose, velocity = lead.pose, lead.velocity
    lead.step(190)
    assert lead.pose is pose
    assert lead.velocity is velocity


def test_targets_that_lie_far_apart_in_time_tell_no_speed():
    lead = leader()
    lead.head_for(moved((0.01, 0.0, 0.0)), round(2 * STALE * 1000), last=False)
    run(lead, 210, 2000)
    assert lead.pose.position[0] == pytest.approx(START.position[0] + 0.01, abs=1e-6)

"""Each check of joints by itself: what it leaves alone, refuses and slows down, and that the way back is free."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from franka_bridge.gate.checks import Outcome, Situation
from franka_bridge.gate.joint_checks import JointRange, JointSpeed, Reach, Singularity
from franka_bridge.gate.target_checks import StepCap
from franka_bridge.targets import Target
from molmoact_common.poses import Pose
from support.fr3 import FR3, READY, target_at

PERIOD = 0.1
LIMITS = FR3.limits
CAPS = StepCap(0.25, 1.0)
inside = st.lists(st.floats(0.0, 1.0), min_size=7, max_size=7).map(
    lambda share: LIMITS.lower + np.array(share) * (LIMITS.upper - LIMITS.lower)
)
small = st.lists(st.floats(-0.2, 0.2), min_size=7, max_size=7).map(np.array)


def situation(q: np.ndarray, **changes: object) -> Situation:
    here = target_at(q)
    return replace(Situation(here, here.pose, PERIOD, model=FR3), **changes)


def bent(joint: int, angle: float) -> np.ndarray:
    q = READY.copy()
    q[joint - 1] = angle
    return q


@pytest.mark.parametrize("check", [Reach(), JointRange(0.1), Singularity(CAPS, 100, 200), JointSpeed(0.5)])
def test_nothing_is_said_of_an_arm_whose_joints_are_not_known(check):
    nowhere = Target(Pose(np.array([9.0, 9.0, 9.0]), np.array([1.0, 0.0, 0.0, 0.0])), 1.0)
    unknown = Situation(nowhere, nowhere.pose, PERIOD)
    assert check(nowhere, unknown) == Outcome(nowhere)


def test_reach_finds_the_joints_that_later_checks_look_at():
    asked = target_at(READY + 0.02 * np.array([1, -1, 0, 1, -1, 1, 1]))
    outcome = Reach()(Target(asked.pose, 0.3), situation(READY))
    assert outcome.target.joints == pytest.approx(asked.joints, abs=1e-6)
    assert outcome.target.opening == 0.3
    assert not outcome.touched


def test_a_pose_without_joints_is_refused_and_named():
    far = Target(Pose(np.array([1.3, 0.0, 0.4]), FR3.forward(READY).quaternion), 1.0)
    assert Reach()(far, situation(READY)).refusal == "has no joints for a TCP at 1.300, 0.000, 0.400 m so turned"


def test_a_joint_that_comes_too_near_its_end_is_refused_with_its_figures():
    outcome = JointRange(0.1)(target_at(bent(4, -3.0)), situation(bent(4, -2.95)))
    assert outcome.refusal == (
        "would have joint 4 at -3.000 rad, 0.077 rad from the end of its range; 0.1 rad are kept"
    )


def test_a_joint_that_is_too_near_its_end_may_go_back_and_stay_but_no_further():
    check, start = JointRange(0.1), bent(4, -3.04)
    assert not check(target_at(bent(4, -3.03)), situation(start)).refusal
    assert not check(target_at(start), situation(start)).refusal
    assert check(target_at(bent(4, -3.05)), situation(start)).refusal


def test_another_joint_may_not_come_too_near_while_one_goes_back():
    start = bent(4, -3.04)
    end = bent(4, -3.0)
    start[0], end[0] = 2.79, 2.85
    assert "joint 1" in JointRange(0.1)(target_at(end), situation(start)).refusal


@given(start=inside, way=small)
def test_range_is_refused_exactly_where_a_joint_comes_nearer_than_the_margin(start: np.ndarray, way: np.ndarray):
    end = np.clip(start + way, LIMITS.lower - 0.1, LIMITS.upper + 0.1)
    outcome = JointRange(0.1)(target_at(end), situation(start))
    room, was = LIMITS.room(end), LIMITS.room(start)
    assert bool(outcome.refusal) == bool(((room < 0.1) & (room < was - 1e-6)).any())


@given(start=inside, way=small, factor=st.floats(0.05, 1.0))
def test_joint_speed_stretches_until_each_joint_keeps_its_share_or_says_why_not(start, way, factor: float):
    end = np.clip(start + way, LIMITS.lower, LIMITS.upper)
    outcome = JointSpeed(0.5)(target_at(end), situation(start, speed_factor=factor))
    bound = LIMITS.fastest(end, end - start) * 0.5 * factor
    if outcome.refusal:
        assert (bound <= 0).any()
    else:
        assert (np.abs(end - start) / (PERIOD * outcome.stretch) <= bound + 1e-4).all()
        assert outcome.touched == (outcome.stretch > 1.0)


def test_joint_speed_near_an_end_is_what_can_be_braked():
    start, end = bent(4, -0.62), bent(4, -0.6)
    allowed = 0.5 * (np.sqrt(2 * 4.0 * (-0.1169 + 0.6)) - 0.3542)
    assert JointSpeed(0.5)(target_at(end), situation(start, period=0.01)).stretch == pytest.approx(
        0.02 / 0.01 / allowed
    )


def stretched_to(elbow: float) -> np.ndarray:
    """In line at -0.467 rad: singular."""
    return np.array([0.0, 0.5, 0.0, elbow, 0.0, np.pi / 2, 0.8])


def test_nothing_is_said_far_from_singular_poses():
    check = Singularity(CAPS, 100, 200)
    assert not check(target_at(stretched_to(-1.2)), situation(stretched_to(-1.25))).touched


def test_near_a_singular_pose_the_caps_shrink_towards_it_and_not_away():
    check = Singularity(CAPS, 100, 200)
    far, near = stretched_to(-0.62), stretched_to(-0.56)
    condition = FR3.condition(near)
    assert 100 < condition < 200
    slowed, freed = check(target_at(near), situation(far)), check(target_at(far), situation(near))
    whole = CAPS.steps(target_at(near), situation(far))
    assert slowed.stretch == pytest.approx(whole / (1 - 0.9 * (condition - 100) / 100))
    assert not freed.touched


def test_a_singular_pose_is_refused_and_left_freely():
    check = Singularity(CAPS, 100, 200)
    far, near = stretched_to(-0.55), stretched_to(-0.49)
    assert check(target_at(near), situation(far)).refusal.startswith("would come near a singular pose")
    assert not check(target_at(far), situation(near)).touched
    assert not check(target_at(near), situation(near)).touched

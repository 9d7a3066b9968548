"""From one chunk's plan to the next one's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from franka_bridge.blend import blended
from franka_bridge.targets import Target, Targets
from molmoact_common.poses import Pose

STEP, TURN = 0.004, 0.016
three = st.tuples(*[st.floats(-0.1, 0.1)] * 3).map(np.array)


def at(position: np.ndarray, turn: np.ndarray | None = None) -> Targets:
    rotation = Rotation.from_rotvec(np.zeros(3) if turn is None else turn)
    return {"arm": Target(Pose(np.asarray(position, dtype=np.float64), rotation.as_quat()), 0.5)}


@given(shift=three, turn=three, rows=st.integers(1, 12), delta=three)
def test_the_offset_is_worked_off_evenly_to_nothing_and_never_grows(shift, turn, rows: int, delta):
    plan = [at(count * delta, count * delta) for count in range(1, rows + 1)]
    made = blended(plan, at(np.zeros(3)), at(shift, turn), STEP, TURN)
    off = [new["arm"].pose.distance_to(old["arm"].pose) for new, old in zip(made, plan, strict=True)]
    metres = [float(np.linalg.norm(shift)), *(one[0] for one in off)]
    radians = [float(np.linalg.norm(turn)), *(one[1] for one in off)]
    assert off[-1] == pytest.approx((0.0, 0.0), abs=1e-9)
    for path, bound in ((metres, STEP), (radians, TURN)):
        worked_off = -np.diff(path)
        assert np.all(worked_off >= -1e-9)
        assert np.all(worked_off <= max(bound, path[0] / rows) + 1e-9)
    assert all(new["arm"].opening == 0.5 for new in made)


def test_a_row_is_no_longer_than_its_own_way_and_its_part_of_the_offset():
    plan = [at([0.008 * count, 0.0, 0.0]) for count in range(1, 9)]
    made = blended(plan, at([0.0, 0.0, 0.0]), at([-0.01, 0.0, 0.0]), STEP, TURN)
    x = [-0.01, *(float(row["arm"].pose.position[0]) for row in made)]
    assert np.diff(x).max() <= 0.008 + STEP + 1e-12
    assert x[-1] == pytest.approx(0.064)


def test_plans_that_agree_are_left_as_they_are_to_the_last_bit():
    plan = [at([0.008 * count, 0.1, 0.2], np.array([0.1, 0.0, 0.0])) for count in range(1, 9)]
    here = at([0.0, 0.1, 0.2], np.array([0.1, 0.0, 0.0]))
    for new, old in zip(blended(plan, here, here, STEP, TURN), plan, strict=True):
        assert np.array_equal(new["arm"].pose.position, old["arm"].pose.position)
        assert new["arm"].pose.quaternion == pytest.approx(old["arm"].pose.quaternion, abs=1e-15)


def test_no_rows_are_none():
    assert blended([], at(np.zeros(3)), at(np.ones(3)), STEP, TURN) == []

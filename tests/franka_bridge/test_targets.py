"""Rows of deltas to absolute targets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from franka_bridge.targets import Target, absolute_targets, part_way
from molmoact_common.chunks import Chunk
from molmoact_common.poses import DeltaFrame, Pose, RotationConvention, delta_between

deltas = arrays(np.float64, (8, 7), elements=st.floats(-0.5, 0.5))
rotations = arrays(np.float64, 3, elements=st.floats(-1.5, 1.5))


@given(
    deltas=deltas, start=rotations, frame=st.sampled_from(DeltaFrame), convention=st.sampled_from(RotationConvention)
)
def test_differences_between_targets_are_the_deltas(deltas, start, frame, convention):
    anchor = Target(Pose(np.array([0.4, 0.0, 0.3]), Rotation.from_rotvec(start).as_quat()), 0.5)
    chunk = Chunk(1, 0, 0, ("arm",), deltas, 0.1, frame, convention)
    rows = absolute_targets(chunk, {"arm": anchor})
    before = anchor.pose
    for row, targets in zip(deltas, rows, strict=True):
        assert delta_between(before, targets["arm"].pose, frame, convention) == pytest.approx(row[:6], abs=1e-9)
        assert targets["arm"].opening == row[6]
        before = targets["arm"].pose


@given(fraction=st.floats(0, 1), turn=rotations)
def test_part_of_the_way_is_that_part_of_the_distance(fraction: float, turn):
    start = Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))
    end = Pose(np.array([0.3, -0.1, 0.2]), Rotation.from_rotvec(turn).as_quat())
    metres, radians = start.distance_to(part_way(start, end, fraction))
    whole_metres, whole_radians = start.distance_to(end)
    assert metres == pytest.approx(fraction * whole_metres, abs=1e-12)
    assert radians == pytest.approx(fraction * whole_radians, abs=1e-7)

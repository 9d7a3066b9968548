"""Poses form a group, and a delta composed on a pose is the delta between the two, in every frame and convention."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from molmoact_common.poses import (
    DeltaFrame,
    Pose,
    RotationConvention,
    compose_delta,
    delta_between,
    delta_from_rotation,
    rotation_from_delta,
)

metres = st.floats(-2, 2).map(lambda value: round(value, 6))
# Below pi a rotation vector is the only one of its rotation; Euler's middle angle is kept away from its singularity.
radians = st.floats(-1.4, 1.4).map(lambda value: round(value, 6))
frames = st.sampled_from(DeltaFrame)
conventions = st.sampled_from(RotationConvention)


@st.composite
def poses(draw):
    position = np.array([draw(metres) for _ in range(3)])
    return Pose(position, Rotation.from_rotvec([draw(radians) for _ in range(3)]).as_quat())


@st.composite
def deltas(draw):
    return np.array([draw(metres) for _ in range(3)] + [draw(radians) for _ in range(3)])


def assert_same(first, second):
    moved, turned = first.distance_to(second)
    assert moved < 1e-9
    assert turned < 1e-6


@given(poses())
def test_matrix_round_trip(pose):
    assert_same(Pose.from_matrix(pose.matrix()), pose)


@given(poses(), poses())
def test_product_is_that_of_the_matrices(first, second):
    np.testing.assert_allclose((first @ second).matrix(), first.matrix() @ second.matrix(), atol=1e-9)


@given(poses())
def test_inverse_undoes(pose):
    identity = Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))
    assert_same(pose @ pose.inverse(), identity)
    assert_same(pose.inverse() @ pose, identity)


@given(poses(), deltas(), frames, conventions)
def test_a_composed_delta_is_the_delta_between(pose, delta, frame, convention):
    end = compose_delta(pose, delta, frame, convention)
    np.testing.assert_allclose(delta_between(pose, end, frame, convention)[:3], delta[:3], atol=1e-9)
    again = compose_delta(pose, delta_between(pose, end, frame, convention), frame, convention)
    assert_same(again, end)


@given(poses(), poses(), frames, conventions)
def test_the_delta_between_leads_from_one_to_the_other(start, end, frame, convention):
    assert_same(compose_delta(start, delta_between(start, end, frame, convention), frame, convention), end)


@given(poses(), deltas(), conventions)
def test_a_tool_delta_is_the_product_with_its_pose(pose, delta, convention):
    step = Pose(delta[:3], rotation_from_delta(delta[3:], convention).as_quat())
    assert_same(compose_delta(pose, delta, DeltaFrame.TOOL, convention), pose @ step)


def test_a_base_delta_turns_about_base_axes_through_the_tcp():
    start = Pose(np.array([1.0, 0.0, 0.0]), Rotation.from_euler("x", 90, degrees=True).as_quat())
    delta = np.array([0.0, 0.0, 0.1, 0.0, 0.0, np.pi / 2])
    end = compose_delta(start, delta, DeltaFrame.BASE, RotationConvention.ROTATION_VECTOR)
    np.testing.assert_allclose(end.position, [1.0, 0.0, 0.1], atol=1e-12)
    np.testing.assert_allclose(end.rotation().apply([0, 0, 1]), [1, 0, 0], atol=1e-12)


def test_euler_numbers_turn_about_fixed_x_then_y_then_z():
    x, y, z = (Rotation.from_euler(axis, angle) for axis, angle in (("x", 0.3), ("y", 0.5), ("z", 0.7)))
    read = rotation_from_delta(np.array([0.3, 0.5, 0.7]), RotationConvention.EULER_XYZ)
    np.testing.assert_allclose(read.as_matrix(), (z * y * x).as_matrix(), atol=1e-12)


@given(st.tuples(radians, radians, radians), conventions)
def test_rotation_numbers_round_trip(angles, convention):
    rotation = rotation_from_delta(np.array(angles), convention)
    np.testing.assert_allclose(
        rotation_from_delta(delta_from_rotation(rotation, convention), convention).as_matrix(),
        rotation.as_matrix(),
        atol=1e-9,
    )


def test_distance_is_metres_and_radians():
    far = Pose(np.array([0.0, 3.0, 4.0]), Rotation.from_rotvec([0, 0, 0.25]).as_quat())
    assert Pose(np.zeros(3), np.array([0.0, 0, 0, 1])).distance_to(far) == pytest.approx((5.0, 0.25))

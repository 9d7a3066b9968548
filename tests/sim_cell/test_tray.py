"""The loose tray's geometry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from molmoact_common.poses import Pose
from sim_cell.tray import handles, tilt


def test_each_arm_has_the_handle_on_its_own_side(duo):
    places = handles(duo.loose_tray, Pose(np.array([0.5, 0.1, 0.0]), np.array([0.0, 0.0, 0.0, 1.0])), duo.arms)
    assert list(places) == ["left", "right"]
    reach = duo.loose_tray.handle_at
    np.testing.assert_allclose(places["left"].position, [0.5, 0.1 + reach, duo.loose_tray.handle.grip])
    np.testing.assert_allclose(places["right"].position, [0.5, 0.1 - reach, duo.loose_tray.handle.grip])


def test_the_handles_turn_with_the_tray(duo):
    turned = Pose(np.zeros(3), Rotation.from_euler("z", np.pi / 2).as_quat())
    places = handles(duo.loose_tray, turned, duo.arms)
    np.testing.assert_allclose(places["left"].position[:2], [-duo.loose_tray.handle_at, 0.0], atol=1e-12)


def test_two_hands_have_room_beside_each_other(duo):
    """A Franka hand is 0.204 m wide along its fingers' way (product manual)."""
    assert 2 * duo.loose_tray.handle_at > 0.204 + 0.05


@given(lean=st.floats(0, np.pi), yaw=st.floats(-3, 3))
def test_the_tilt_does_not_know_the_yaw(lean, yaw):
    pose = Pose(np.zeros(3), Rotation.from_euler("ZX", [yaw, lean]).as_quat())
    assert tilt(pose) == pytest.approx(lean, abs=1e-6)

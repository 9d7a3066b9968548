"""Where a camera is, from a board in the hand."""

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from molmoact.curation.calibration import Intrinsics, project
from molmoact.curation.hand_eye import Board, BoardView, HandEyeError, calibrate
from molmoact_common.poses import Pose

BOARD = Board(columns=7, rows=5, square=0.03)
INTRINSICS = Intrinsics(width=640, height=480, fx=600, fy=600, cx=319.5, cy=239.5)
CAMERA = Pose(np.array([1.2, 0.1, 0.5]), np.array([0.616878, 0.616878, -0.345632, -0.345632]) / 1.0000003)
HELD = Pose(np.array([-0.09, -0.06, 0.05]), Rotation.from_euler("xyz", [0.1, -0.2, 0.3]).as_quat())


def views(count=12, noise=0.0, turn=0.5, seed=0):
    """The board in front of the camera, about 0.6 m away, turned this way and that; corners with noise (pixels)."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        in_camera = Pose(
            np.array([-0.1, -0.06, 0.6]) + random.uniform(-0.06, 0.06, 3),
            Rotation.from_rotvec(random.uniform(-turn, turn, 3)).as_quat(),
        )
        hand = CAMERA @ in_camera @ HELD.inverse()
        at = hand @ HELD
        corners = project(CAMERA, INTRINSICS, at.position + at.rotation().apply(BOARD.points))
        found.append(BoardView(hand, corners + random.normal(0, noise, corners.shape)))
    return found


def test_without_noise_the_camera_is_found_exactly():
    result = calibrate(views(), BOARD, INTRINSICS)
    metres, radians = result.camera.distance_to(CAMERA)
    assert (metres < 1e-5, radians < 1e-5, result.rms < 1e-3) == (True, True, True)
    assert result.board.distance_to(HELD)[0] < 1e-5


def test_residuals_are_the_noise_of_the_corners():
    result = calibrate(views(20, noise=0.3), BOARD, INTRINSICS)
    metres, _ = result.camera.distance_to(CAMERA)
    assert metres < 0.003
    assert result.rms == pytest.approx(0.3 * np.sqrt(2), rel=0.2)


def test_a_view_with_a_wrong_pose_of_the_hand_stands_out():
    spoilt = views(20)
    spoilt[4] = BoardView(
        Pose(spoilt[4].hand.position + np.array([0.03, 0, 0]), spoilt[4].hand.quaternion), spoilt[4].corners
    )
    result = calibrate(spoilt, BOARD, INTRINSICS)
    assert result.residuals.argmax() == 4
    assert result.residuals[4] > 5 * np.median(result.residuals)


def test_too_few_views_or_no_turning_are_told():
    with pytest.raises(HandEyeError, match="5 views show the board"):
        calibrate(views(5), BOARD, INTRINSICS)
    with pytest.raises(HandEyeError, match="several orientations"):
        calibrate(views(8, turn=0.0), BOARD, INTRINSICS)


def test_the_boards_corners_are_found_in_a_picture():
    square = 40
    chess = np.indices((6, 8)).sum(0) % 2 * 255
    image = np.full((400, 480, 3), 200, np.uint8)
    image[60:300, 60:380] = np.kron(chess, np.ones((square, square)))[..., None]
    corners = BOARD.find(cv2.GaussianBlur(image, (3, 3), 0))
    assert corners is not None
    steps = np.abs(np.diff(corners.reshape(5, 7, 2), axis=1)).max(axis=2)
    np.testing.assert_allclose(steps, square, atol=0.5)
    assert BOARD.find(np.full((100, 100, 3), 128, np.uint8)) is None

"""`molmoact data calibrate` on a bag whose pictures were drawn by a known camera."""

import sys

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from sensor_msgs.msg import CameraInfo

from molmoact.curation.calibration import Intrinsics, load_calibration, project
from molmoact_bringup.main import main
from molmoact_common.poses import Pose
from molmoact_common.ros.images import image_to_message
from molmoact_common.ros.messages import pose_to_message
from molmoact_common.ros.stamps import to_nanoseconds
from support.synthetic_take import MS, START_MS, STEP_MS, write_take

CAMERA = Pose(np.array([1.2, 0.1, 0.5]), np.array([0.616878, 0.616878, -0.345632, -0.345632]))
INTRINSICS = Intrinsics(width=320, height=240, fx=300, fy=300, cx=159.5, cy=119.5)
HELD = Pose(np.array([-0.09, -0.06, 0.05]), Rotation.from_euler("xyz", [0.1, -0.2, 0.3]).as_quat())
SQUARE, CELL = 0.03, 40
POSES = 10


def hand_at(number: int) -> Pose:
    random = np.random.default_rng(number)
    turned = Rotation.from_rotvec(random.uniform(-0.4, 0.4, 3)).as_quat()
    in_camera = Pose(np.array([-0.08, -0.05, 0.5]) + random.uniform(-0.03, 0.03, 3), turned)
    return CAMERA @ in_camera @ HELD.inverse()


def drawn(hand: Pose) -> np.ndarray:
    """The chessboard of 8 x 6 squares, one more than its inner corners each way, with a white rim."""
    board = hand @ HELD
    corners = np.array([[-1, -1, 0], [7, -1, 0], [7, 5, 0], [-1, 5, 0]]) * SQUARE
    pixels = project(CAMERA, INTRINSICS, board.position + board.rotation().apply(corners))
    chess = np.kron(np.indices((6, 8)).sum(0) % 2 * 255, np.ones((CELL, CELL))).astype(np.uint8)
    rim = cv2.copyMakeBorder(chess, CELL, CELL, CELL, CELL, cv2.BORDER_CONSTANT, value=255)
    at = CELL + np.array([[0, 0], [8, 0], [8, 6], [0, 6]]) * CELL - 0.5
    plane = cv2.getPerspectiveTransform(at.astype(np.float32), pixels.astype(np.float32))
    seen = cv2.warpPerspective(rim, plane, (320, 240), flags=cv2.INTER_AREA, borderValue=255)
    return np.repeat(seen[:, :, None], 3, axis=2)


def shows_the_board(events):
    """At rest all the time, at another pose each step."""
    changed = []
    for at_ms, topic, recorded in events:
        message = recorded
        stamp_ms = to_nanoseconds(message.header.stamp) // MS if hasattr(message, "header") else at_ms
        hand = hand_at(max(stamp_ms - START_MS, 0) // STEP_MS)
        if topic == "/arm/arm/state":
            message.measured = pose_to_message(hand)
        elif topic == "/camera/front/color/image_raw":
            message = image_to_message(drawn(hand), "rgb8", stamp_ms * MS, "front")
        elif topic.endswith("camera_info"):
            message = CameraInfo(width=320, height=240, k=[300.0, 0.0, 159.5, 0.0, 300.0, 119.5, 0.0, 0.0, 1.0])
        changed.append((at_ms, topic, message))
    return changed


def run() -> int | str | None:
    try:
        return main()
    except SystemExit as ended:
        return ended.code


def test_the_camera_is_found_and_written_as_convert_reads_it(monkeypatch, capsys, tmp_path):
    write_take(tmp_path / "board", rows=POSES, change=shows_the_board)
    output, picture = tmp_path / "cameras.yaml", tmp_path / "cameras.png"
    words = ["molmoact", "data", "calibrate", tmp_path / "board", "--square", SQUARE, "--columns", 7, "--rows", 5]
    monkeypatch.setattr(sys, "argv", [*map(str, words), "--output", str(output), "--picture", str(picture)])
    assert run() == 0
    found = load_calibration(output).cameras["front"]
    metres, radians = found.camera.pose.distance_to(CAMERA)
    assert metres < 0.01
    assert radians < 0.02
    assert found.residual_px == pytest.approx(0, abs=0.5)
    assert cv2.imread(str(picture)).shape == (240, 320, 3)
    assert "px over all" in capsys.readouterr().out

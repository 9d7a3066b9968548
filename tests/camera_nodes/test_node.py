"""The camera node as a process: topics while it runs, exit 0 when interrupted, one line when something is wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import CameraInfo, Image

from molmoact_common.ros import qos
from molmoact_common.ros.images import image_from_message
from molmoact_common.ros.nodes import ensure_ament_prefix
from molmoact_common.ros.stamps import to_nanoseconds
from support.moving_frames import INTRINSICS, MovingFrames, color_of

pytestmark = [pytest.mark.camera, pytest.mark.ros]

DOMAIN = 65
CAMERAS = Path(__file__).parents[2] / "config" / "cameras"
RUN = "import sys; from camera_nodes.node import main; sys.exit(main())"


def options(cell_dir):
    cameras = {"front": {"model": "D435"}}
    return json.dumps({"cell_dir": str(cell_dir), "cameras": cameras})


def start(cell_dir, **parameters):
    values = {
        "name": "front",
        "camera_config": CAMERAS / "cell_front.yaml",
        "context_factory": "sim_cell.software_cameras:make_context",
        "context_options": f"'{options(cell_dir)}'",
    } | parameters
    arguments = [part for key, value in values.items() for part in ("-p", f"{key}:={value}")]
    environment = os.environ | {"ROS_DOMAIN_ID": str(DOMAIN), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    command = [sys.executable, "-c", RUN, "--ros-args", *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@contextmanager
def listener(monkeypatch):
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    ensure_ament_prefix()
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=DOMAIN)
    node = rclpy.create_node("listener", context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    try:
        yield node, executor
    finally:
        executor.shutdown()
        node.destroy_node()
        rclpy.shutdown(context=context)


def spin_until(executor, condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "nothing came"
        executor.spin_once(timeout_sec=0.1)


def test_a_running_node_publishes_and_ends_cleanly(tmp_path, monkeypatch):
    images, infos, statuses = [], [], []
    with MovingFrames(tmp_path, {"front": None}), listener(monkeypatch) as (node, executor):
        node.create_subscription(Image, "/camera/front/color/image_raw", images.append, qos.IMAGE)
        node.create_subscription(CameraInfo, "/camera/front/color/camera_info", infos.append, qos.IMAGE)
        node.create_subscription(DiagnosticArray, "/diagnostics", lambda m: statuses.extend(m.status), qos.EVENTS)
        process = start(tmp_path)
        try:
            spin_until(executor, lambda: len(images) > 5 and infos and any("streaming" in s.message for s in statuses))
        finally:
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=10)
    assert process.returncode == 0, errors
    for image in images:
        assert (image.encoding, image.header.frame_id) == ("rgb8", "front_color_optical_frame")
        tick = to_nanoseconds(image.header.stamp) // 1_000_000
        assert (image_from_message(image) == color_of(tick)).all()
    assert [infos[0].k[0], infos[0].k[4], infos[0].k[2], infos[0].k[5]] == pytest.approx(INTRINSICS)
    assert {status.hardware_id for status in statuses} == {"cell_front"}


def test_without_a_device_the_node_stays_and_says_so(tmp_path, monkeypatch):
    statuses = []
    with listener(monkeypatch) as (node, executor):
        node.create_subscription(DiagnosticArray, "/diagnostics", lambda m: statuses.extend(m.status), qos.EVENTS)
        process = start(tmp_path)
        try:
            spin_until(executor, lambda: len(statuses) > 1)
        finally:
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=10)
    assert process.returncode == 0, errors
    assert statuses[-1].level == statuses[-1].ERROR
    assert statuses[-1].message == "absent: no camera of serial cell_front; present: none"


def ends_with(process):
    _, errors = process.communicate(timeout=10)
    lines = errors.strip().splitlines()
    assert process.returncode == 2, errors
    assert len(lines) == 1, errors
    return lines[0]


def test_a_profile_that_is_not_offered_ends_the_node_in_one_line(tmp_path):
    config = tmp_path / "camera.yaml"
    config.write_text("{model: D435, serial: cell_front, color: {width: 1280, height: 720, fps: 30}}")
    with MovingFrames(tmp_path, {"front": None}):
        line = ends_with(start(tmp_path, camera_config=config))
    assert line == "camera cell_front: no color profile 1280x720@30; D435 offers: 320x240@6|15|30|60"


def test_a_required_camera_that_is_absent_ends_the_node_in_one_line(tmp_path):
    line = ends_with(start(tmp_path, require="true", serial="845112070000"))
    assert line.startswith("no camera of serial 845112070000; present: none; check the cable")


def test_a_broken_camera_file_ends_the_node_in_one_line(tmp_path):
    config = tmp_path / "camera.yaml"
    config.write_text("{model: D999, color: {width: 1280, height: 720, fps: 30}}")
    line = ends_with(start(tmp_path, camera_config=config))
    assert line.startswith(f"{config}: model: ")

"""A camera that is unplugged, late or frozen: no observation is made of it, so no chunk comes, so the arm holds."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import Image

from molmoact.runtime.arm_history import ArmRecord
from molmoact.runtime.observation import ArmObservation
from molmoact_common.poses import Pose
from molmoact_common.ros import qos
from molmoact_policy.execution import ExecutionGate
from molmoact_policy.observing import Desk, DeskSettings
from support import moving_frames
from support.bridge_process import Outside
from support.moving_frames import MovingFrames

MS = 1_000_000
DOMAIN = 76
PERIOD = 66
POSE = Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))


class Bench:
    """A policy's desk in front of two cameras and one arm; a tick is a frame of each that works."""

    def __init__(self) -> None:
        gate = ExecutionGate("async", longest_chunk_ns=1000 * MS)
        settings = DeskSettings(views=("front", "wrist"), arms=("arm",), view_tolerance_ns=35 * MS)
        self.desk = Desk[int](settings, gate, lambda value: np.full((2, 2, 3), value, np.uint8))
        self.desk.instruction = "lift the block"
        self.ms = 1000

    def tick(self, *views: str, late: int = 0):
        """One frame of each of `views`, the last one `late` milliseconds behind; what the policy would answer."""
        self.ms += PERIOD
        for view in views:
            behind = late if view == views[-1] else 0
            self.desk.add_image(view, (self.ms - behind) * MS, 7, now_ns=self.ms * MS)
        for age in (PERIOD, 0):
            record = ArmRecord((self.ms - age) * MS, 0, following=True, arm=ArmObservation(POSE, POSE, 1.0, 1.0))
            self.desk.add_state("arm", record)
        return self.desk.observe(self.ms * MS)

    def waits_for(self) -> str:
        return self.desk.waiting_for(self.ms * MS)


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.tick("front", "wrist")
    assert made.tick("front", "wrist") is not None
    return made


@pytest.mark.parametrize("left", ["front", "wrist"])
def test_a_camera_unplugged(bench: Bench, left: str):
    """From its next frame on no observation is made, and what is waited for is told; plugged in again, it goes on."""
    for _ in range(30):
        assert bench.tick(left) is None
    assert bench.waits_for() == "new images of every view, exposed together"
    assert bench.tick("front", "wrist") is not None


def test_a_stale_image(bench: Bench):
    """A camera that is a second behind the other: no observation, however often its old frames come."""
    for _ in range(30):
        assert bench.tick("front", "wrist", late=1000) is None
    assert bench.waits_for()


def test_the_same_image_again(bench: Bench):
    """A frame with the stamp of the one before is no new view."""
    stamp = bench.ms
    bench.ms += 5
    bench.desk.add_image("front", stamp * MS, 7, now_ns=bench.ms * MS)
    bench.desk.add_image("wrist", stamp * MS, 7, now_ns=bench.ms * MS)
    assert bench.desk.observe(bench.ms * MS) is None


@pytest.mark.camera
@pytest.mark.ros
@pytest.mark.system
def test_a_frozen_image_with_fresh_stamps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """At most the frames that it takes to notice are published; "frozen" is told; moving again, it goes on."""
    config = tmp_path / "camera.yaml"
    config.write_text(
        "{model: D435, serial: cell_front, color: {width: 320, height: 240, fps: 15}, health: {frozen_frames: 5}}"
    )
    images, told = [], []
    outside = Outside(DOMAIN)
    outside.node.create_subscription(Image, "camera/front/color/image_raw", images.append, qos.IMAGE)
    outside.node.create_subscription(
        DiagnosticArray, "/diagnostics", lambda m: told.extend(s.message for s in m.status), qos.EVENTS
    )
    with MovingFrames(tmp_path, {"front": None}):
        process = camera(config, tmp_path)
        try:
            outside.spin_until(lambda: len(images) > 5)
            monkeypatch.setattr(moving_frames, "color_of", lambda tick: 7)
            outside.spin_until(lambda: any("frozen" in line for line in told))
            frozen = [image for image in images if set(image.data[:3]) == {7}]
            assert 1 <= len(frozen) <= 5
            monkeypatch.undo()
            before = len(images)
            outside.spin_until(lambda: len(images) > before + 5)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)
            outside.close()


def camera(config: Path, cell_dir: Path) -> subprocess.Popen[bytes]:
    options = json.dumps({"cell_dir": str(cell_dir), "cameras": {"front": {"model": "D435"}}})
    values = {
        "name": "front",
        "camera_config": config,
        "context_factory": "sim_cell.software_cameras:make_context",
        "context_options": f"'{options}'",
    }
    arguments = [part for key, value in values.items() for part in ("-p", f"{key}:={value}")]
    run = "import sys; from camera_nodes.node import main; sys.exit(main())"
    environment = {**os.environ, "ROS_DOMAIN_ID": str(DOMAIN), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    return subprocess.Popen([sys.executable, "-c", run, "--ros-args", *arguments], env=environment)

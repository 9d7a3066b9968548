"""A camera device against real librealsense pipelines on software devices, one process a scenario."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from camera_nodes.config import CameraConfig, StreamProfile
from camera_nodes.device import CameraDevice
from camera_nodes.lifecycle import CameraState, Instant

SCENARIOS = [
    "pictures_stamps_and_lens_come_through",
    "depth_comes_in_millimetres_on_both_models",
    "an_absent_camera_is_told_with_those_present_and_found_when_it_comes",
    "an_unplugged_camera_is_lost_then_absent_then_streams_again",
    "a_silent_camera_is_started_anew_until_it_speaks",
    "a_frozen_picture_is_told_and_a_moving_one_is_fine",
    "what_the_device_is_not_or_does_not_offer_is_refused",
    "options_reach_the_sensor",
    "one_camera_streams_on_while_the_other_is_unplugged",
    "a_worker_keeps_what_ended_it",
]
TESTS = Path(__file__).parents[1]


@pytest.mark.camera
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_device(scenario, tmp_path):
    script = TESTS / "camera_nodes" / "device_scenarios.py"
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    command = [sys.executable, str(script), scenario, str(tmp_path)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr


class BrokenBus:
    """A bus on which even listing fails, as with a hub that lost power."""

    def __init__(self):
        self.asked = 0

    def query_devices(self):
        self.asked += 1
        raise RuntimeError("failed to set power state")


def test_an_error_of_the_library_is_told_and_tried_again_later():
    bus = BrokenBus()
    config = CameraConfig(model="D435", serial="1", color=StreamProfile(width=320, height=240, fps=15))
    device = CameraDevice(bus, config.serial, config)
    for wall in (10.0, 10.1, 10.4):
        assert device.step(Instant(wall, 0)) is None
    assert bus.asked == 1
    assert device.condition.state is CameraState.LOST
    assert device.condition.detail == "librealsense: failed to set power state"
    device.step(Instant(10.6, 0))
    assert bus.asked == 2

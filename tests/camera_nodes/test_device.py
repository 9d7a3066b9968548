"""A camera device against real librealsense pipelines on software devices, one process a scenario."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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

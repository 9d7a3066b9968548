"""The cell's RealSense devices as librealsense sees them, one process a scenario; wrong options are one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from molmoact_common.errors import ConfigError
from sim_cell.software_cameras import make_context

SCENARIOS = [
    "a_device_appears_with_its_frame_file",
    "sensors_and_units_are_those_of_the_models",
    "every_declared_color_format_comes_out_right",
    "stamps_and_metadata_are_set_on_every_frame",
    "color_and_depth_of_one_tick_stay_together",
    "a_restarted_renderer_is_found_again_even_if_its_ticks_start_anew",
]
TESTS = Path(__file__).parents[1]


@pytest.mark.camera
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_software_camera(scenario, tmp_path):
    script = TESTS / "sim_cell" / "software_camera_scenarios.py"
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    command = [sys.executable, str(script), scenario, str(tmp_path)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({}, "cell_dir: Field required"),
        ({"cell_dir": "/tmp", "cameras": {}}, "cameras: "),
        ({"cell_dir": "/tmp", "cameras": {"front": {"model": "D455"}}}, "cameras.front.model: "),
        ({"cell_dir": "/tmp", "cameras": {"front": {"model": "D435"}}, "fps": 3}, "fps: "),
    ],
)
def test_wrong_options_are_named(options, line):
    with pytest.raises(ConfigError) as refusal:
        make_context(options)
    assert str(refusal.value).startswith(f"options of the software cameras: {line}")

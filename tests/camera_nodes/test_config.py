"""Camera files: those that ship load, and each mistake is one line that names the field."""

from pathlib import Path

import pytest

from camera_nodes.config import CameraConfig, StreamProfile, load_camera
from molmoact_common.errors import ConfigError
from molmoact_common.yaml_config import validate

CAMERAS = Path(__file__).parents[2] / "config" / "cameras"
GOOD = {"model": "D435", "serial": "123", "color": {"width": 640, "height": 480, "fps": 30}}


def parse(**changes):
    return validate(GOOD | changes, CameraConfig, "camera.yaml")


@pytest.mark.parametrize("name", ["cell_front", "cell_wrist", "d435_front", "d405_wrist"])
def test_shipped_files_load(name):
    config = load_camera(CAMERAS / f"{name}.yaml")
    assert config.model == ("D405" if "wrist" in name else "D435")
    assert bool(config.serial) == name.startswith("cell_")


def test_depth_takes_the_color_profile_unless_it_has_its_own():
    own = {"width": 848, "height": 480, "fps": 30}
    assert parse().depth_profile is None
    assert parse(aligned_depth=True).depth_profile == StreamProfile(width=640, height=480, fps=30)
    assert parse(aligned_depth=True, depth=own).depth_profile == StreamProfile(width=848, height=480, fps=30)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"model": "D455"}, "model"),
        ({"serial": "12 3"}, "serial"),
        ({"color": {"width": 640, "height": 480}}, "color.fps"),
        ({"color": {"width": 0, "height": 480, "fps": 30}}, "color.width"),
        ({"options": {"exposure": "bright"}}, "options.exposure"),
        ({"options": {"exposure": float("nan")}}, "options.exposure"),
        ({"exposure": 3}, "exposure"),
        ({"health": {"silence": 0}}, "health.silence"),
        ({"depth": {"width": 848, "height": 480, "fps": 30}}, "aligned_depth is false"),
        (
            {"model": "D405", "aligned_depth": True, "depth": {"width": 848, "height": 480, "fps": 30}},
            "a D405 streams color and depth in one profile",
        ),
    ],
)
def test_mistakes_are_named(changes, line):
    with pytest.raises(ConfigError) as refusal:
        parse(**changes)
    assert line in str(refusal.value)
    assert "\n" not in str(refusal.value)

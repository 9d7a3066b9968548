"""The scene file."""

import pytest

from molmoact_common.errors import ConfigError
from molmoact_common.yaml_config import read_yaml, validate
from sim_cell.settings import CameraSettings

CAMERA = {
    "width": 320,
    "height": 240,
    "rate": 15.0,
    "focal": (300.0, 300.0),
    "parent": "world",
    "position": (0.0, 0.0, 0.0),
    "quaternion": (0.0, 0.0, 0.0, 1.0),
    "depth": False,
    "model": "D405",
}


def test_the_principal_point_is_the_middle_between_pixel_centres():
    assert validate(CAMERA, CameraSettings, "test").intrinsics == (300.0, 300.0, 159.5, 119.5)


def test_the_field_of_view_follows_from_the_focal_length():
    camera = validate({**CAMERA, "focal": (120.0, 120.0)}, CameraSettings, "test")
    assert camera.fovy == pytest.approx(90.0)


@pytest.mark.parametrize("focal", [(300.0, 301.0), (0.0, 0.0)])
def test_pixels_that_are_not_square_are_refused(focal):
    with pytest.raises(ConfigError, match="focal"):
        validate({**CAMERA, "focal": focal}, CameraSettings, "test")


def test_the_shipped_scene_has_a_front_and_a_wrist_camera(scene):
    assert {name: camera.parent for name, camera in scene.cameras.items()} == {
        "front": "world",
        "wrist": "arm_hand_tcp",
    }


def test_the_shipped_arm_starts_where_its_bridge_expects_it(scene, config):
    home = read_yaml(config / "robots" / "fr3_cell.yaml")["arms"]["arm"]["home"]
    assert scene.arms["arm"].home == pytest.approx(home, abs=1e-5)

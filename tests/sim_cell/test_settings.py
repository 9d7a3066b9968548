"""The scene file."""

import pytest

from molmoact_common.errors import ConfigError
from molmoact_common.yaml_config import read_yaml, validate
from sim_cell.settings import CameraSettings, SceneSettings, hosts_of

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


def test_the_shipped_scene_of_two_arms_has_a_wrist_camera_for_each(duo):
    assert {name: camera.parent for name, camera in duo.cameras.items()} == {
        "front": "world",
        "left_wrist": "left_hand_tcp",
        "right_wrist": "right_hand_tcp",
    }
    assert duo.objects == ("tray",)


def test_the_bridge_of_two_arms_has_their_order_homes_and_places(duo, config):
    arms = read_yaml(config / "robots" / "duo_cell.yaml")["arms"]
    assert list(arms) == list(duo.arms)
    for name, arm in duo.arms.items():
        assert arm.home == pytest.approx(arms[name]["home"], abs=1e-5)
        assert list(arm.base) == arms[name]["base_in_world"]["position"]


def changed(scene, **fields):
    return validate({**scene.model_dump(), **fields}, SceneSettings, "test")


def test_what_does_not_fit_together_is_refused(scene, duo):
    with pytest.raises(ConfigError, match="blocks go with 1 arm"):
        changed(scene, arms=duo.model_dump()["arms"])
    with pytest.raises(ConfigError, match="loose_tray go with 2 arm"):
        changed(duo, loose_tray=None)
    camera = {**duo.cameras["front"].model_dump(), "parent": "third_hand_tcp"}
    with pytest.raises(
        ConfigError, match=r"cameras\.front\.parent 'third_hand_tcp' must be one of world, left_hand_tcp"
    ):
        changed(duo, cameras={"front": camera})
    arm = {**scene.arms["arm"].model_dump(), "base": (0.1, 0.0, 0.0)}
    with pytest.raises(ConfigError, match="origin"):
        changed(scene, arms={"arm": arm})


def test_a_second_arm_listens_on_the_next_address(scene, duo):
    assert hosts_of(scene, "localhost") == {"arm": "localhost"}
    assert hosts_of(duo, "127.0.0.255") == {"left": "127.0.0.255", "right": "127.0.1.0"}
    with pytest.raises(ConfigError, match="two arms need an address"):
        hosts_of(duo, "localhost")

"""Pictures of the cell, drawn off screen."""

import numpy as np
import pytest

from sim_cell.projection import project
from sim_cell.renderer import CellRenderer

pytestmark = pytest.mark.slow

AWAY = [3.0, 3.0, 0.0, 1.0, 0.0, 0.0, 0.0]


@pytest.fixture(scope="module")
def renderer(scene, tmp_path_factory):
    renderer = CellRenderer(scene, tmp_path_factory.mktemp("cache"))
    yield renderer
    renderer.close()


def state(scene, **blocks):
    """Arm at home, the named blocks at their places, the others out of sight."""
    qpos = np.concatenate([scene.arms["arm"].home, [0.04, 0.04], np.tile(AWAY, len(scene.objects))])
    for index, name in enumerate(scene.objects):
        if name in blocks:
            qpos[9 + 7 * index : 12 + 7 * index] = blocks[name]
    return qpos


def middle_of(rgb, channel):
    """Mean pixel (x, y) of what is of one strong colour."""
    others = np.delete(rgb, channel, axis=2).max(axis=2)
    rows, columns = np.nonzero(rgb[..., channel] > 1.8 * others)
    assert len(rows) > 20
    return np.array([columns.mean(), rows.mean()])


@pytest.mark.parametrize(("name", "channel"), [("red", 0), ("green", 1), ("blue", 2)])
def test_a_block_is_drawn_where_the_calibration_says(renderer, scene, name, channel):
    place = [0.5, -0.15, 0.02]
    rgb = renderer.render(state(scene, **{name: place}))["front"].rgb
    expected = project(scene.cameras["front"], np.array([place]))[0]
    assert np.linalg.norm(middle_of(rgb, channel) - expected) < 2.0


def test_pictures_have_the_sizes_of_the_scene_file(renderer, scene):
    views = renderer.render(state(scene))
    for name, camera in scene.cameras.items():
        assert views[name].rgb.shape == (camera.height, camera.width, 3)
        assert views[name].rgb.dtype == np.uint8
        assert (views[name].depth is not None) == camera.depth


def test_depth_is_the_distance_along_the_optical_axis_in_millimetres(renderer, scene):
    place = np.array([0.5, -0.15, 0.04])
    camera = scene.cameras["front"]
    depth = renderer.render(state(scene, red=place - [0, 0, 0.02]))["front"].depth
    x, y = np.rint(project(camera, place[None])[0]).astype(int)
    along = camera.pose.rotation().inv().apply(place - camera.pose.position)[2]
    assert depth[y, x] == pytest.approx(along * 1000, abs=15)


def test_the_wrist_camera_looks_at_what_lies_under_the_fingers(renderer, scene):
    rgb = renderer.render(state(scene, red=[0.37, 0.0, 0.2]))["wrist"].rgb
    x, _ = middle_of(rgb, 0)
    assert x == pytest.approx(scene.cameras["wrist"].width / 2, abs=15)


def test_the_second_start_finds_the_compiled_model(scene, tmp_path, monkeypatch):
    CellRenderer(scene, tmp_path).close()
    monkeypatch.setattr("sim_cell.render_model._compile_thinned", None)
    CellRenderer(scene, tmp_path).close()


def test_each_hand_of_two_arms_sees_what_lies_under_it(duo, tmp_path):
    pair = CellRenderer(duo, tmp_path)
    arms = np.concatenate([[*arm.home, 0.04, 0.04] for arm in duo.arms.values()])
    orange = {}
    for side, y in (("left", 0.3), ("right", -0.3)):
        # One handle of the tray under that hand, the other one outwards and out of the other hand's sight.
        away = duo.loose_tray.handle_at if y > 0 else -duo.loose_tray.handle_at
        views = pair.render(np.concatenate([arms, [0.42, y + away, 0.25, 1.0, 0.0, 0.0, 0.0]]))
        orange[side] = {name: np.sum(np.ptp(views[f"{name}_wrist"].rgb, axis=2) > 90) for name in duo.arms}
    pair.close()
    assert orange["left"]["left"] > 5 * orange["left"]["right"]
    assert orange["right"]["right"] > 5 * orange["right"]["left"]

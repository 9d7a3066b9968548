"""Points in pictures."""

import numpy as np

from sim_cell.projection import evenly, project, trace_of
from sim_cell.settings import CameraSettings

CAMERA = CameraSettings(
    width=320,
    height=240,
    rate=15.0,
    focal=(300.0, 300.0),
    parent="world",
    position=(0.0, 0.0, 1.0),
    quaternion=(1.0, 0.0, 0.0, 0.0),
    depth=False,
    model="D435",
)
"""Looks straight down from 1 m; x of the world is to the right, y up in the picture."""


def test_the_optical_axis_meets_the_principal_point():
    np.testing.assert_allclose(project(CAMERA, np.array([[0.0, 0.0, 0.0]])), [[159.5, 119.5]])


def test_a_point_beside_the_axis_moves_by_focal_length_over_distance():
    np.testing.assert_allclose(project(CAMERA, np.array([[0.1, 0.2, 0.5]])), [[159.5 + 60, 119.5 - 120]])


def test_points_behind_the_camera_have_no_place():
    assert np.all(np.isnan(project(CAMERA, np.array([[0.0, 0.0, 2.0]]))))


def test_a_trace_has_five_points_from_start_to_end_within_the_picture():
    path = np.linspace([-0.4, 0.0, 0.0], [5.0, 0.0, 0.0], 50)
    trace = trace_of(CAMERA, path)
    assert len(trace) == 5
    assert trace[0] == (32, 128)
    assert trace[-1] == (255, 128)


def test_an_arm_that_stays_leaves_one_point():
    assert trace_of(CAMERA, np.zeros((10, 3))) == ((128, 128),)


def test_points_are_spaced_by_distance_not_by_number():
    path = np.array([[0.0, 0, 0], [0.1, 0, 0], [0.2, 0, 0], [1.0, 0, 0]])
    np.testing.assert_allclose(evenly(path, 5)[:, 0], [0.0, 0.25, 0.5, 0.75, 1.0])


def test_the_shipped_front_camera_sees_the_tray_the_blocks_and_the_arm_at_home(scene):
    area, tray = scene.blocks.placement, scene.blocks.tray.center
    places = [[x, y, 0.02] for x in area.x for y in area.y] + [[*tray, 0.0], [0.307, 0.0, 0.487]]
    camera = scene.cameras["front"]
    pixels = project(camera, np.array(places))
    assert np.all(pixels > 5)
    assert np.all(pixels < np.array([camera.width, camera.height]) - 5)
    assert pixels[4, 0] > 160, "the tray lies to the right, as seen from across the table"


def test_the_shipped_front_camera_of_two_arms_sees_the_tray_everywhere_and_both_hands_at_home(duo):
    area, reach = duo.loose_tray.placement, duo.loose_tray.handle_at
    places = [[x, y + side * reach, 0.0] for x in area.x for y in area.y for side in (-1, 1)]
    places += [np.add(arm.base, (0.307, 0.0, 0.487)) for arm in duo.arms.values()]
    camera = duo.cameras["front"]
    pixels = project(camera, np.array(places))
    assert np.all(pixels > 5)
    assert np.all(pixels < np.array([camera.width, camera.height]) - 5)

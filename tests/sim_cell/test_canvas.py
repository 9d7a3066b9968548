"""The canvas draws what MuJoCo's own renderer draws."""

import mujoco
import numpy as np
import pytest

from sim_cell.canvas import FAR, NEAR, Canvas, in_sight, metres

SCENE = """
<mujoco>
  <visual><global offwidth="96" offheight="64"/></visual>
  <worldbody>
    <light pos="0 0 3" dir="0 0 -1"/>
    <geom type="plane" size="5 5 0.1" rgba="0.4 0.5 0.6 1"/>
    <geom name="middle" type="box" size="0.1 0.1 0.1" pos="0 0 0.1" rgba="1 0 0 1"/>
    <geom name="edge" type="sphere" size="0.2" pos="0.95 0 0.2" rgba="0 1 0 1"/>
    <geom name="behind" type="sphere" size="0.2" pos="0 0 3" rgba="0 0 1 1"/>
    <geom name="beside" type="sphere" size="0.2" pos="3 0 0.2" rgba="0 1 1 1"/>
    <camera name="above" pos="0 0 2" fovy="45"/>
  </worldbody>
</mujoco>
"""
SIZE = (64, 96)


@pytest.fixture
def world():
    model = mujoco.MjModel.from_xml_string(SCENE)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    return model, data


def test_only_what_cannot_be_in_the_picture_is_left_out(world):
    model, data = world
    seen = in_sight(model, data, model.camera("above").id, SIZE[1] / SIZE[0])
    names = {model.geom(index).name for index in np.flatnonzero(seen)}
    assert names == {"", "middle", "edge"}


def test_picture_and_depth_are_those_of_mujocos_renderer(world):
    model, data = world
    canvas = Canvas(model, SIZE[1], SIZE[0])
    rgb, depth = canvas.draw(data, model.camera("above").id, SIZE, depth=True)
    canvas.close()
    model.geom_group[:] = 0
    with mujoco.Renderer(model, *SIZE) as theirs:
        theirs.scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = 0
        theirs.scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = 0
        theirs.update_scene(data, camera="above")
        np.testing.assert_array_equal(rgb, theirs.render())
        theirs.enable_depth_rendering()
        np.testing.assert_allclose(depth, theirs.render(), atol=1e-3)
    assert depth[SIZE[0] // 2, SIZE[1] // 2] == pytest.approx(1.8, abs=1e-3)


def test_the_ends_of_the_depth_buffer_are_the_clipping_planes():
    np.testing.assert_allclose(metres(np.array([1.0, 0.0], np.float32)), [NEAR, FAR])


def test_a_canvas_may_be_closed_twice_and_another_goes_on(world):
    model, data = world
    first, second = Canvas(model, SIZE[1], SIZE[0]), Canvas(model, SIZE[1], SIZE[0])
    before, _ = second.draw(data, 0, SIZE, depth=False)
    first.close()
    first.close()
    after, _ = second.draw(data, 0, SIZE, depth=False)
    np.testing.assert_array_equal(before, after)
    assert before.max() > 0

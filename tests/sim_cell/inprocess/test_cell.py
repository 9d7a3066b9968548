"""The cell as one object: rows move the arm as the bridge would, and the expert does the tasks."""

import numpy as np
import pytest

from molmoact_common.errors import ConfigError
from sim_cell.inprocess.cell import LOWER, SPEED_CAP, UPPER, InProcessCell
from sim_cell.inprocess.expert import expert_rows
from sim_cell.renderer import CellRenderer
from sim_cell.settings import load_scene
from sim_cell.tasks import load_task, make_episode

TASKS = ("lift_block", "put_block_in_tray", "stack_block", "lift_some_block")


def row(x=0.0, y=0.0, z=0.0, yaw=0.0, opening=1.0):
    return np.array([x, y, z, 0.0, 0.0, yaw, opening])


def solve(cell, episode, steps=8, longest=250):
    """Steps that the expert took."""
    cell.reset(episode)
    made = 0
    while not cell.score().success and made < longest:
        for one in expert_rows(cell, steps):
            cell.step(one)
            made += 1
    return made


@pytest.mark.parametrize("name", TASKS)
def test_the_expert_does_the_task(blind, episode, name):
    solve(blind, episode(name, 0))
    assert blind.score().success


@pytest.mark.parametrize("scene_name", ["solo_cans", "solo_distractors"])
def test_the_expert_does_it_among_other_things_too(config, profile, scene_name):
    scene = load_scene(config / f"cell/{scene_name}.yaml")
    cell = InProcessCell(scene, profile, None)
    solve(cell, make_episode("stack_block", load_task(config / "tasks", "stack_block"), scene, 0))
    assert cell.score().success


def test_an_arm_that_stands_does_nothing(blind, episode):
    blind.reset(episode("lift_block", 0))
    for _ in range(10):
        blind.step(row())
    assert blind.score().progress == pytest.approx(0.0, abs=1e-3)


def test_the_hand_goes_where_the_rows_lead(blind, episode):
    blind.reset(episode("lift_block", 0))
    start = blind.snapshot().tcp[0, :3]
    for _ in range(10):
        blind.step(row(x=0.008, y=-0.004, yaw=0.02))
    blind.step(row())
    moved = blind.snapshot().tcp[0, :3] - start
    np.testing.assert_allclose(moved, [0.08, -0.04, 0.0], atol=2e-3)
    np.testing.assert_allclose(blind.commanded.position - start, [0.08, -0.04, 0.0], atol=1e-3)


def test_a_moving_hand_lags_behind_its_command_as_in_the_cell(blind, episode):
    blind.reset(episode("lift_block", 0))
    for _ in range(10):
        blind.step(row(x=0.008))
    assert 0.002 < blind.commanded.position[0] - blind.snapshot().tcp[0, 0] < 0.008


def test_a_row_that_would_be_too_fast_takes_longer(blind, episode, profile):
    blind.reset(episode("lift_block", 0))
    blind.step(row(x=0.05))
    assert blind.seconds == pytest.approx(0.05 / SPEED_CAP, rel=0.05)
    before = blind.seconds
    blind.step(row())
    assert blind.seconds - before == pytest.approx(profile.step_period, rel=0.02)


def test_the_command_stays_in_the_workspace(blind, episode):
    blind.reset(episode("lift_block", 0))
    for _ in range(40):
        blind.step(row(x=-0.02, z=-0.02))
    assert (blind.commanded.position >= LOWER).all()
    assert (blind.commanded.position <= UPPER).all()


def test_fingers_open_and_close_at_the_hands_speed(blind, episode):
    blind.reset(episode("lift_block", 0))
    openings = []
    for _ in range(17):
        blind.step(row(opening=0.0))
        openings.append(float(blind.snapshot().opening[0]))
    per_step = -np.diff([1.0, *openings])
    assert openings[-1] == pytest.approx(0.0, abs=0.02)
    assert per_step[2:8].mean() == pytest.approx(0.083, abs=0.01)  # 0.1 m/s of 0.08 m, 15 times a second


def test_the_same_seed_gives_the_same_end(blind, episode):
    ends = []
    for _ in range(2):
        solve(blind, episode("put_block_in_tray", 3))
        ends.append(blind.snapshot().qpos)
    np.testing.assert_array_equal(*ends)


@pytest.mark.slow
def test_pictures_are_those_of_the_cells_renderer(seeing, episode, tmp_path):
    seeing.reset(episode("put_block_in_tray", 0))
    for one in expert_rows(seeing, 8):
        seeing.step(one)
    drawn = CellRenderer(seeing.scene, tmp_path)
    expected = drawn.render(seeing.snapshot().qpos)
    drawn.close()
    for name, view in seeing.render().items():
        np.testing.assert_array_equal(view.rgb, expected[name].rgb)
        assert view.rgb.shape[0] == 60


def test_a_cell_made_without_drawing_says_so(blind):
    with pytest.raises(ConfigError, match="draws nothing"):
        blind.render()


def test_two_arms_are_refused(duo, profile):
    with pytest.raises(ConfigError, match="one arm"):
        InProcessCell(duo, profile, None)

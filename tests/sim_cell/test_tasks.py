"""Seeds to episodes."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molmoact_common.errors import ConfigError
from sim_cell.settings import load_scene
from sim_cell.tasks import Region, load_task, make_episode

TASK = "put_block_in_tray"


def test_every_shipped_task_fits_a_shipped_scene_and_names_what_it_is_about(scene, duo, config):
    names = [path.stem for path in (config / "tasks").glob("*.yaml")]
    assert {"put_block_in_tray", "lift_tray"} <= set(names)
    for name in names:
        task = load_task(config / "tasks", name)
        episode = make_episode(name, task, duo if task.goal == "tray_lifted" else scene, 0)
        ambiguous = not any("{color}" in phrasing for phrasing in task.phrasings) and task.goal != "tray_lifted"
        assert (episode.target in episode.instruction) != ambiguous


def test_what_is_kept_for_trials_is_in_no_training_task(scene, config):
    seen, elsewhere, reworded = (
        load_task(config / "tasks", name) for name in ("lift_block", "lift_block_elsewhere", "lift_block_reworded")
    )
    assert seen.without == elsewhere.within == reworded.without
    assert set(seen.phrasings) == set(elsewhere.phrasings)
    assert not set(seen.phrasings) & set(reworded.phrasings)
    for seed in range(30):
        for name, task, inside in (("lift_block", seen, False), ("lift_block_elsewhere", elsewhere, True)):
            episode = make_episode(name, task, scene, seed)
            assert (episode.start[episode.target].position in seen.without) == inside


def test_a_task_whose_target_fits_nowhere_is_refused(scene, config):
    task = load_task(config / "tasks", "lift_block").model_copy(update={"within": Region(x=(5, 6), y=(0, 1))})
    with pytest.raises(ConfigError, match="leave no place"):
        make_episode("lift_block", task, scene, 0)


def test_a_stack_has_two_blocks_and_names_both(scene, config):
    task = load_task(config / "tasks", "stack_block")
    for seed in range(20):
        episode = make_episode("stack_block", task, scene, seed)
        assert episode.support != episode.target
        assert episode.instruction.index(episode.target) < episode.instruction.index(episode.support)


def test_distractors_stand_there_and_are_never_asked_for(config):
    scene = load_scene(config / "cell/solo_distractors.yaml")
    task = load_task(config / "tasks", "lift_block")
    episodes = [make_episode("lift_block", task, scene, seed) for seed in range(20)]
    assert set(episodes[0].start) == {"red", "green", "blue", "yellow", "black"}
    assert {episode.target for episode in episodes} == {"red", "green", "blue"}


def test_cans_are_called_cans(config):
    scene = load_scene(config / "cell/solo_cans.yaml")
    episode = make_episode("lift_block", load_task(config / "tasks", "lift_block"), scene, 0)
    assert f"{episode.target} can" in episode.instruction


def test_a_task_about_what_the_scene_has_not_is_refused(scene, duo, tray_task, lift_task):
    with pytest.raises(ConfigError, match="no blocks"):
        make_episode(TASK, tray_task, duo, 0)
    with pytest.raises(ConfigError, match="no loose tray"):
        make_episode("lift_tray", lift_task, scene, 0)


def test_an_unknown_task_is_refused_with_the_names_there_are(config):
    with pytest.raises(ConfigError, match=r"there are: .*put_block_in_tray"):
        load_task(config / "tasks", "juggle")


def test_a_seed_always_gives_the_same_episode(scene, tray_task):
    one, two = (make_episode(TASK, tray_task, scene, 3) for _ in range(2))
    assert (one.target, one.instruction) == (two.target, two.instruction)
    for name in one.start:
        np.testing.assert_array_equal(one.start[name].position, two.start[name].position)


def test_seeds_ask_for_every_colour_in_several_ways(scene, tray_task):
    episodes = [make_episode(TASK, tray_task, scene, seed) for seed in range(40)]
    assert {episode.target for episode in episodes} == set(scene.blocks.colors)
    assert len({episode.instruction.replace(episode.target, "") for episode in episodes}) == len(tray_task.phrasings)


@settings(max_examples=50)
@given(seed=st.integers(0, 2**31))
def test_blocks_start_inside_the_area_and_apart_from_each_other(scene, tray_task, seed):
    episode = make_episode(TASK, tray_task, scene, seed)
    area = scene.blocks.placement
    for pose in episode.start.values():
        assert area.x[0] <= pose.position[0] <= area.x[1]
        assert area.y[0] <= pose.position[1] <= area.y[1]
    for one, other in combinations(episode.start.values(), 2):
        assert np.linalg.norm(one.position - other.position) >= area.spacing


def test_an_area_that_is_too_small_is_refused(scene, tray_task):
    placement = scene.blocks.placement.model_copy(update={"spacing": 5.0})
    tight = scene.model_copy(update={"blocks": scene.blocks.model_copy(update={"placement": placement})})
    with pytest.raises(ConfigError, match="do not fit"):
        make_episode(TASK, tray_task, tight, 0)


@settings(max_examples=50)
@given(seed=st.integers(0, 2**31))
def test_the_tray_starts_flat_on_the_table_inside_its_area(duo, lift_task, seed):
    (pose,) = make_episode("lift_tray", lift_task, duo, seed).start.values()
    area = duo.loose_tray.placement
    yaw = pose.rotation().as_euler("zyx")
    assert area.x[0] <= pose.position[0] <= area.x[1]
    assert area.y[0] <= pose.position[1] <= area.y[1]
    assert abs(yaw[0]) <= area.yaw
    assert (pose.position[2], *yaw[1:]) == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)

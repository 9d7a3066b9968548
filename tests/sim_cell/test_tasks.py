"""Seeds to episodes, and states to scores."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molmoact_common.errors import ConfigError
from molmoact_common.poses import Pose
from sim_cell.tasks import blocks_of, load_task, make_episode, score

TASK = "put_block_in_tray"


def moved(episode, position):
    blocks = dict(episode.start)
    blocks[episode.target] = replace(blocks[episode.target], position=np.array(position))
    return blocks


def test_every_shipped_task_names_its_block(scene, config):
    names = [path.stem for path in (config / "tasks").glob("*.yaml")]
    assert "put_block_in_tray" in names
    for name in names:
        episode = make_episode(name, load_task(config / "tasks", name), scene, 0)
        assert episode.target in episode.instruction


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
    assert {episode.target for episode in episodes} == set(scene.blocks)
    assert len({episode.instruction.replace(episode.target, "") for episode in episodes}) == len(tray_task.phrasings)


@settings(max_examples=50)
@given(seed=st.integers(0, 2**31))
def test_blocks_start_inside_the_area_apart_from_each_other_and_out_of_the_tray(scene, tray_task, seed):
    episode = make_episode(TASK, tray_task, scene, seed)
    area = scene.placement
    for pose in episode.start.values():
        assert area.x[0] <= pose.position[0] <= area.x[1]
        assert area.y[0] <= pose.position[1] <= area.y[1]
    for one, other in combinations(episode.start.values(), 2):
        assert np.linalg.norm(one.position - other.position) >= area.spacing
    assert not score(episode, scene, episode.start, 1.0).success


def test_an_area_that_is_too_small_is_refused(scene, tray_task):
    tight = scene.model_copy(update={"placement": scene.placement.model_copy(update={"spacing": 5.0})})
    with pytest.raises(ConfigError, match="do not fit"):
        make_episode(TASK, tray_task, tight, 0)


def test_only_the_named_block_counts(scene, tray_task):
    episode = make_episode(TASK, tray_task, scene, 0)
    inside = [*scene.tray.center, 0.021]
    other = next(name for name in scene.blocks if name != episode.target)
    wrong = {**episode.start, other: replace(episode.start[other], position=np.array(inside))}
    assert not score(episode, scene, wrong, 1.0).success
    assert score(episode, scene, moved(episode, inside), 1.0).success


def test_a_block_still_between_the_fingers_is_not_there_yet(scene, tray_task):
    episode = make_episode(TASK, tray_task, scene, 0)
    result = score(episode, scene, moved(episode, [*scene.tray.center, 0.021]), 0.5)
    assert not result.success
    assert result.progress == pytest.approx(0.9)


def test_a_block_above_the_tray_is_not_in_it(scene, tray_task):
    episode = make_episode(TASK, tray_task, scene, 0)
    assert not score(episode, scene, moved(episode, [*scene.tray.center, 0.12]), 1.0).success


def test_progress_rises_on_the_way(scene, tray_task):
    episode = make_episode(TASK, tray_task, scene, 0)
    start = episode.start[episode.target].position
    middle = (start[:2] + scene.tray.center) / 2
    way = [start, [*start[:2], 0.12], [*middle, 0.12], [*scene.tray.center, 0.12]]
    steps = [score(episode, scene, moved(episode, place), 0.5).progress for place in way]
    assert steps == sorted(steps)
    assert steps[0] < steps[-1] < 1.0


def test_lifting_counts_from_ten_centimetres(scene, config):
    episode = make_episode("lift_block", load_task(config / "tasks", "lift_block"), scene, 0)
    assert not score(episode, scene, moved(episode, [0.5, 0.0, 0.11]), 0.5).success
    assert score(episode, scene, moved(episode, [0.5, 0.0, 0.125]), 0.5).success


def test_rows_of_a_snapshot_are_named_in_the_scenes_order(scene):
    rows = np.tile([0.0, 0, 0, 0, 0, 0, 1], (len(scene.blocks), 1))
    rows[:, 0] = range(len(scene.blocks))
    blocks = blocks_of(scene, rows)
    assert [pose.position[0] for pose in blocks.values()] == [0, 1, 2]
    assert list(blocks) == list(scene.blocks)
    assert isinstance(blocks["red"], Pose)

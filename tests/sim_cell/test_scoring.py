"""States to scores."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from molmoact_common.poses import Pose
from sim_cell.scoring import hands_of, objects_of, score
from sim_cell.tasks import load_task, make_episode
from sim_cell.tray import Hand, handles
from support.snapshots import snapshot

TASK = "put_block_in_tray"


def hand(opening):
    return {"arm": Hand(Pose(np.zeros(3), np.array([1.0, 0.0, 0.0, 0.0])), opening)}


def moved(episode, position):
    blocks = dict(episode.start)
    blocks[episode.target] = replace(blocks[episode.target], position=np.array(position))
    return blocks


def test_only_the_named_block_counts(scene, tray_task):
    episode = make_episode(TASK, tray_task, scene, 0)
    inside = [*scene.blocks.tray.center, 0.021]
    other = next(name for name in scene.objects if name != episode.target)
    wrong = {**episode.start, other: replace(episode.start[other], position=np.array(inside))}
    assert not score(episode, scene, wrong, hand(1.0)).success
    assert score(episode, scene, moved(episode, inside), hand(1.0)).success


def test_a_block_still_between_the_fingers_is_not_there_yet(scene, tray_task):
    episode = make_episode(TASK, tray_task, scene, 0)
    result = score(episode, scene, moved(episode, [*scene.blocks.tray.center, 0.021]), hand(0.5))
    assert not result.success
    assert result.progress == pytest.approx(0.9)


def test_a_block_above_the_tray_is_not_in_it(scene, tray_task):
    episode = make_episode(TASK, tray_task, scene, 0)
    assert not score(episode, scene, moved(episode, [*scene.blocks.tray.center, 0.12]), hand(1.0)).success


def test_progress_rises_on_the_way(scene, tray_task):
    episode = make_episode(TASK, tray_task, scene, 0)
    start = episode.start[episode.target].position
    middle = (start[:2] + scene.blocks.tray.center) / 2
    way = [start, [*start[:2], 0.12], [*middle, 0.12], [*scene.blocks.tray.center, 0.12]]
    steps = [score(episode, scene, moved(episode, place), hand(0.5)).progress for place in way]
    assert steps == sorted(steps)
    assert steps[0] < steps[-1] < 1.0


def test_lifting_counts_from_ten_centimetres(scene, config):
    episode = make_episode("lift_block", load_task(config / "tasks", "lift_block"), scene, 0)
    assert not score(episode, scene, moved(episode, [0.5, 0.0, 0.11]), hand(0.5)).success
    assert score(episode, scene, moved(episode, [0.5, 0.0, 0.125]), hand(0.5)).success


def test_a_block_counts_as_stacked_once_it_stands_on_the_other_out_of_the_fingers(scene, config):
    episode = make_episode("stack_block", load_task(config / "tasks", "stack_block"), scene, 0)
    under = episode.start[episode.support].position
    on_top = moved(episode, [*(under[:2] + 0.01), 0.06])
    assert score(episode, scene, on_top, hand(1.0)).success
    assert not score(episode, scene, on_top, hand(0.5)).success
    for place in ([*(under[:2] + 0.03), 0.06], [*under[:2], 0.09], [*(under[:2] + 0.01), 0.02]):
        assert not score(episode, scene, moved(episode, place), hand(1.0)).success


def test_rows_of_a_snapshot_are_named_in_the_scenes_order(scene, duo):
    rows = np.tile([0.0, 0, 0, 0, 0, 0, 1], (3, 1))
    rows[:, 0] = range(3)
    objects = objects_of(scene, snapshot(0, objects=rows))
    assert {name: pose.position[0] for name, pose in objects.items()} == dict(
        zip(scene.blocks.colors, range(3), strict=True)
    )
    hands = hands_of(duo, snapshot(0, arms=2, tcp=rows[1:], opening=np.array([0.1, 0.2])))
    assert {arm: (hand.tcp.position[0], hand.opening) for arm, hand in hands.items()} == {
        "left": (1.0, 0.1),
        "right": (2.0, 0.2),
    }


@pytest.fixture
def lift(duo, lift_task):
    return make_episode("lift_tray", lift_task, duo, 0)


def tray_at(height, lean=0.0):
    return {"tray": Pose(np.array([0.5, 0.0, height]), Rotation.from_euler("x", lean).as_quat())}


def holding(duo, objects, *arms):
    """The named arms have their handles between closed fingers; the others stand open beside the tray."""
    places = handles(duo.loose_tray, objects["tray"], duo.arms)
    away = Hand(Pose(np.array([0.3, 0.0, 0.5]), np.array([1.0, 0.0, 0.0, 0.0])), 1.0)
    return {arm: Hand(place, 0.25) if arm in arms else away for arm, place in places.items()}


def test_a_tray_counts_as_lifted_from_ten_centimetres_in_both_hands(duo, lift):
    for height, success in ((0.0, False), (0.099, False), (0.1, True), (0.2, True)):
        there = tray_at(height)
        assert score(lift, duo, there, holding(duo, there, "left", "right")).success == success


@pytest.mark.parametrize("arms", [(), ("left",), ("right",)])
def test_a_tray_without_both_hands_is_not_lifted(duo, lift, arms):
    there = tray_at(0.15)
    result = score(lift, duo, there, holding(duo, there, *arms))
    assert not result.success
    assert result.progress == pytest.approx(0.1 * len(arms))


def test_a_tray_that_leans_is_not_lifted(duo, lift):
    for lean, success in ((0.08, True), (0.1, False), (-0.1, False), (np.pi, False)):
        there = tray_at(0.15, lean)
        assert score(lift, duo, there, holding(duo, there, "left", "right")).success == success


def test_progress_of_the_tray_rises_with_each_hand_and_with_the_height(duo, lift):
    states = [(0.0, ()), (0.0, ("left",)), (0.0, ("left", "right")), (0.05, ("left", "right"))]
    made = [score(lift, duo, tray_at(h), holding(duo, tray_at(h), *arms)).progress for h, arms in states]
    assert made == sorted(set(made))
    assert made[-1] < 1.0


def test_no_episode_is_solved_at_its_start(scene, duo, tray_task, lift_task):
    for seed in range(20):
        blocks = make_episode(TASK, tray_task, scene, seed)
        assert not score(blocks, scene, blocks.start, hand(1.0)).success
        tray = make_episode("lift_tray", lift_task, duo, seed)
        assert not score(tray, duo, tray.start, holding(duo, tray.start)).success

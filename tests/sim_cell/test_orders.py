"""Instructions to orders."""

from dataclasses import replace

import numpy as np
import pytest

from sim_cell.orders import into_tray, named, order_for
from sim_cell.tasks import load_task, make_episode
from support.snapshots import snapshot

ROW = [0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]


@pytest.fixture
def three():
    """Red, green and blue blocks at x 0.4, 0.5, 0.6."""
    rows = np.tile(ROW, (3, 1))
    rows[:, 0] = (0.4, 0.5, 0.6)
    return snapshot(0, objects=rows)


@pytest.fixture
def episode(config, scene):
    return lambda name: make_episode(name, load_task(config / "tasks", name), scene, 0)


@pytest.fixture
def tray_episode(config, duo):
    return make_episode("lift_tray", load_task(config / "tasks", "lift_tray"), duo, 0)


def test_words_are_matched_whole_and_kept_in_their_order():
    assert named("Lift the RED block!", ("red", "green")) == ["red"]
    assert named("a hundred blocks", ("red", "green")) == []
    assert named("the green one on the red, that green one", ("red", "green")) == ["green", "red"]


def test_the_named_block_is_put_into_the_tray_or_only_lifted(scene, episode, three):
    names = ("put_block_in_tray", "lift_block")
    put, lift = (order_for(episode(name), scene, "the green one", three) for name in names)
    assert put.places["arm"].position[0] == 0.5
    np.testing.assert_array_equal(put.job.destination.place, into_tray(scene.blocks).place)
    assert lift.job.destination is None
    assert put.job.grip == pytest.approx(0.5)


def test_the_first_named_block_goes_onto_the_second(scene, episode, three):
    order = order_for(episode("stack_block"), scene, "blue on red", three)
    assert order.places["arm"].position[0] == 0.6
    np.testing.assert_allclose(order.job.destination.place, [0.4, 0.0, scene.blocks.size])


@pytest.mark.parametrize(
    ("name", "words"), [("stack_block", "stack the red one"), ("lift_block", "lift red and blue"), ("lift_block", "up")]
)
def test_too_many_names_or_too_few_give_no_order(scene, episode, three, name, words):
    assert "does not name exactly" in order_for(episode(name), scene, words, three)


def test_words_that_fit_every_block_mean_the_target_where_they_are_the_episodes_own(scene, episode, three):
    some = replace(episode("lift_some_block"), target="blue")
    order = order_for(some, scene, some.instruction, three)
    assert order.places["arm"].position[0] == 0.6
    assert "does not name" in order_for(some, scene, "pick up anything", three)


def test_the_tray_is_taken_by_both_handles(duo, tray_episode):
    order = order_for(tray_episode, duo, "lift the tray", snapshot(0, arms=2, objects=np.array([ROW])))
    assert order.places["left"].position[1] == -order.places["right"].position[1] > 0.1
    assert order.job.grip == pytest.approx(0.25)


def test_an_instruction_that_does_not_name_the_tray_is_refused(duo, tray_episode):
    answer = order_for(tray_episode, duo, "wave", snapshot(0, arms=2, objects=np.array([ROW])))
    assert "does not name the tray" in answer

"""Instructions to orders."""

import numpy as np
import pytest

from sim_cell.orders import named, order_for
from support.snapshots import snapshot

ROW = [0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]


def test_words_are_matched_whole():
    assert named("Lift the RED block!", ("red", "green")) == "red"
    assert named("a hundred blocks", ("red", "green")) is None


def test_the_named_block_is_put_into_the_tray_or_only_lifted(scene):
    rows = np.tile(ROW, (3, 1))
    rows[:, 0] = (0.4, 0.5, 0.6)
    there = snapshot(0, objects=rows)
    put, lift = (order_for(goal, scene, "the green one", there) for goal in ("in_tray", "lifted"))
    assert put.places["arm"].position[0] == 0.5
    assert (put.job.blocks, lift.job.blocks) == (scene.blocks, None)
    assert put.job.grip == pytest.approx(0.5)


def test_the_tray_is_taken_by_both_handles(duo):
    order = order_for("tray_lifted", duo, "lift the tray", snapshot(0, arms=2, objects=np.array([ROW])))
    assert order.places["left"].position[1] == -order.places["right"].position[1] > 0.1
    assert order.job.grip == pytest.approx(0.25)


def test_an_instruction_that_does_not_name_the_tray_is_refused(duo):
    answer = order_for("tray_lifted", duo, "wave", snapshot(0, arms=2, objects=np.array([ROW])))
    assert "does not name the tray" in answer

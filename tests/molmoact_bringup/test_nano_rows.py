from pathlib import Path

import numpy as np
import pytest

from molmoact.depth.codebook import DepthCodebook
from molmoact.nano.checkpoint import nano_profile
from molmoact.protocol.answer import parse_answer
from molmoact.protocol.symbols import ActionSymbols
from molmoact.tiny.codebook import grey_level_codebook
from molmoact.training.rows import RowSet
from molmoact_bringup.nano_lessons import LessonSettings, demonstrated, moments
from molmoact_bringup.nano_rows import RowsJob, write_rows
from molmoact_common.errors import ConfigError
from sim_cell.inprocess.cell import InProcessCell
from sim_cell.render_model import cache_directory
from sim_cell.settings import load_scene
from sim_cell.tasks import load_task, make_episode

CONFIG = Path(__file__).resolve().parents[2] / "config"
TASK = load_task(CONFIG / "tasks", "lift_block")
SEED = 3
SETTINGS = LessonSettings(keep=0.1, astray=0.05)


@pytest.fixture(scope="module")
def cell():
    scene = load_scene(CONFIG / "cell/solo.yaml").at_height(60)
    made = InProcessCell(scene, nano_profile(), cache_directory())
    yield made
    made.close()


@pytest.fixture(scope="module")
def lesson(cell):
    episode = make_episode("lift_block", TASK, cell.scene, SEED)
    return episode, list(moments(cell, episode, SETTINGS, nano_profile().resize))


def test_every_moment_says_what_the_expert_does_from_there(lesson):
    episode, seen = lesson
    assert len(seen) >= 4
    for moment in seen:
        assert moment.instruction == episode.instruction
        assert moment.rows.shape == (8, 7)
        assert np.abs(moment.rows[:, :3]).max() <= 0.0121
        assert {view.shape for view in moment.views.values()} == {(112, 112, 3)}


def test_a_trace_begins_where_the_gripper_is_pointed_at(lesson):
    for moment in lesson[1]:
        found = moment.points["front"].get("gripper")
        if found and moment.trace[0]:
            assert np.abs(np.subtract(found, moment.trace[0][0])).max() <= 3


def test_the_wrist_camera_points_at_no_gripper(lesson):
    assert all("gripper" not in moment.points["wrist"] for moment in lesson[1])


@pytest.mark.slow
def test_going_astray_needs_ways_back_in_all_directions(cell):
    rows = [
        demonstrated(cell, make_episode("lift_block", TASK, cell.scene, seed), LessonSettings(astray=0.3))
        for seed in range(2)
    ]
    assert (np.concatenate(rows)[:, :3].min(0) < -0.004).all()
    assert (np.concatenate(rows)[:, :3].max(0) > 0.004).all()


@pytest.mark.slow
def test_rows_are_what_the_trainer_reads_and_go_on_with_the_same_statistics(cell, tmp_path):
    codebook = DepthCodebook(grey_level_codebook())
    job = RowsJob(tmp_path, {"lift_block": TASK}, nano_profile(), codebook, SETTINGS, ("pick up a block",))
    counts = list(write_rows(job, cell, [SEED]))
    first = RowSet(tmp_path / "reasoning")
    assert len(first) == sum(counts)
    answer = first.row(0).dialogue[0][1]
    assert parse_answer(answer, ActionSymbols.printed(), steps=8, arms=1, steered=False).bins.shape == (8, 7)
    statistics = first.statistics()
    more = list(write_rows(job, cell, [SEED + 1]))
    again = RowSet(tmp_path / "reasoning")
    assert (len(again), again.statistics()) == (sum(counts) + sum(more), statistics)
    pointed = RowSet(tmp_path / "point").row(0)
    assert len(pointed.images) == 1
    assert pointed.dialogue[0][0].startswith("Point to the ")
    steered = RowSet(tmp_path / "steered").row(0)
    assert steered.dialogue[0][0].startswith("The task is pick up a block. Notice")
    assert len(steered.drawn[0]) > 1


def test_a_profile_without_a_size_is_refused(cell, tmp_path):
    profile = nano_profile().model_copy(update={"resize": None})
    job = RowsJob(tmp_path, {"lift_block": TASK}, profile, DepthCodebook(grey_level_codebook()), SETTINGS)
    with pytest.raises(ConfigError, match="names no size of pictures"):
        list(write_rows(job, cell, [SEED]))

from pathlib import Path

import pytest

from molmoact_common.errors import ConfigError
from trial_runner.trials.task import TrialTask, load_trial_task

TASKS = Path(__file__).parents[3] / "config" / "trials" / "tasks"

PLATES = {"put_green_can_in_yellow_plate", "put_red_cup_in_yellow_plate", "put_banana_in_blue_plate"}
PAPER = PLATES | {
    "put_bowl_in_sink", "wipe_table", "table_bussing", "set_table", "lift_tray", "fold_towel",
    "close_lid", "rotate_pot", "pour_tea", "pick_up_bowl",
}  # fmt: skip


def names() -> list[str]:
    return sorted(path.stem for path in TASKS.glob("*.yaml"))


def test_every_task_of_the_paper_is_there():
    assert set(names()) >= PAPER


@pytest.mark.parametrize("name", names())
def test_every_shipped_task_is_of_the_schema(name):
    task = load_trial_task(TASKS, name)
    assert task.score(task.stages[-1].name) == 1
    assert bool(task.source) == (not task.cell_task)


def test_the_generalisation_table_has_fifteen_cells():
    cells = [
        (name, condition)
        for name in PLATES
        for condition in ("in_distribution", *load_trial_task(TASKS, name).conditions)
    ]
    assert len(cells) == 15
    banana = load_trial_task(TASKS, "put_banana_in_blue_plate")
    assert banana.condition("language").instruction == "put the fruit into the blue plate"
    assert banana.condition("in_distribution").instruction == ""


def test_a_trial_scores_its_last_stage_or_nothing():
    task = load_trial_task(TASKS, "put_bowl_in_sink")
    assert [task.score(stage) for stage in ("", "bowl grasped", "gripper opened")] == [0, 0.25, 0.7]
    with pytest.raises(ConfigError, match="no stage 'flown'"):
        task.score("flown")


@pytest.mark.parametrize("scores", [[0.5, 0.5, 1], [0.7, 0.3, 1], [0.25, 0.9]])
def test_a_rubric_must_rise_to_done(scores):
    stages = [{"name": str(n), "score": score} for n, score in enumerate(scores)]
    with pytest.raises(ValueError, match="must rise"):
        TrialTask(description="d", instruction="i", stages=stages)


def test_an_unknown_task_or_condition_is_told_with_those_that_exist(tmp_path: Path):
    with pytest.raises(ConfigError, match="there are: none"):
        load_trial_task(tmp_path, "juggle")
    with pytest.raises(ConfigError, match="there are: in_distribution, language"):
        load_trial_task(TASKS, "pick_up_bowl").condition("dark")

"""Setting up with pictures, and scoring, as a person types it."""

from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from molmoact_bringup.trials_score import score_trials
from molmoact_common.errors import UserError
from trial_runner.trials.folder import begin
from trial_runner.trials.starts import read_picture

TASKS = Path(__file__).parents[2] / "config" / "trials" / "tasks"
EXPERIMENT = "title: t\npolicies:\n  one: {policy: expert}\n  two: {policy: tiny}\ntasks: [wipe_table]\ntrials: 1\n"


class Scene:
    """What lies before the camera: it grows brighter with each look."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self):
        self.looks += 1
        return np.full((4, 4, 3), 10 * self.looks, np.uint8)


def typed(folder, look, text: str):
    app = typer.Typer()
    app.command()(lambda: score_trials(folder, TASKS, look))
    return CliRunner().invoke(app, [], input=text, catch_exceptions=False)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "e.yaml").write_text(EXPERIMENT)
    return begin(tmp_path / "e.yaml", tmp_path / "out")


def test_the_start_is_looked_at_until_it_fits_and_kept_for_the_next_policy(folder):
    said = typed(folder, Scene(), "\n\ng\n3\n20\n0\n\n\n" + "g\n1\n30\n0\nslipped\n\n")
    assert said.exit_code == 0, said.output
    kept = folder.path / "starts" / "wipe_table-in_distribution-0.png"
    assert read_picture(kept).max() == 40  # three looks while setting up, one when it fitted
    assert read_picture(folder.path / "start_overlay.png").max() == 45  # the fifth look, with the kept one over it
    assert said.output.count("start_overlay.png") == 4
    assert [row.score for row in folder.rows] == [1.0, 0.25]


def test_without_a_camera_nothing_is_asked_about_the_start(folder):
    said = typed(folder, None, "3\n20\n0\n\n\n3\n20\n0\n\n\n")
    assert said.exit_code == 0
    assert "start_overlay" not in said.output
    assert len(folder.rows) == 2


def test_a_condition_that_a_task_has_not_shows_before_the_first_trial(tmp_path):
    (tmp_path / "e.yaml").write_text(EXPERIMENT + "conditions: [in_the_dark]\n")
    with pytest.raises(UserError, match="in_the_dark"):
        typed(begin(tmp_path / "e.yaml", tmp_path / "out"), None, "")

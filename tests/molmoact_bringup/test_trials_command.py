"""`molmoact trials` as a person types it, without any process."""

import pytest
from typer.testing import CliRunner

from molmoact_bringup.trials_command import trials
from trial_runner.trials.folder import ExperimentFolder

EXPERIMENT = "title: t\npolicies:\n  one: {policy: expert}\n  two: {policy: tiny}\ntasks: [wipe_table]\ntrials: 1\n"


@pytest.fixture
def experiment(tmp_path):
    (tmp_path / "e.yaml").write_text(EXPERIMENT)
    return [str(tmp_path / "e.yaml"), "--out", str(tmp_path / "out")]


def test_trials_on_a_robot_are_scored_in_the_terminal_and_go_on_after_an_interruption(experiment, tmp_path):
    typed = "4\n3\n20\n0\n\n\n"  # four is no stage of wipe_table, so it is asked again
    first = CliRunner().invoke(trials, ["score", *experiment], input=typed)
    assert first.exit_code != 0  # no more input: as Ctrl-C
    assert "'4' will not do: a whole number from 0 to 3" in first.output
    assert "3  wiped to the end (1)" in first.output
    assert not {"one", "two"} & set(first.output.split())
    second = CliRunner().invoke(trials, ["score", *experiment], input="1\n31.5\n2\nlost the towel\n\n")
    assert second.exit_code == 0, second.output
    rows = list(ExperimentFolder(tmp_path / "out").rows)
    assert [row.score for row in rows] == [1.0, 0.25]
    assert (rows[1].interventions, rows[1].note, rows[1].seconds) == (2, "lost the towel", 31.5)


def test_labels_are_for_the_one_who_starts_the_policies(experiment, tmp_path):
    CliRunner().invoke(trials, ["score", *experiment], input="")
    lines = CliRunner().invoke(trials, ["labels", str(tmp_path / "out")]).output.splitlines()
    assert sorted(line.split()[1] for line in lines) == ["one", "two"]
    assert [line.split()[0] for line in lines] == ["A", "B"]

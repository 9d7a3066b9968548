"""The arena as a person types it."""

import pytest
from typer.testing import CliRunner

from molmoact_bringup.trials_command import trials
from support.synthetic_run import write_synthetic_run
from trial_runner.trials.folder import begin
from trial_runner.trials.rows import Row

TEXT = "title: t\npolicies:\n  ours: {policy: tiny}\n  theirs: {policy: expert}\ntasks: [wipe_table]\ntrials: 1\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "e.yaml").write_text(TEXT)
    return begin(tmp_path / "e.yaml", tmp_path / "experiment")


def command(*words: str, text: str = ""):
    return CliRunner().invoke(trials, list(words), input=text)


def test_votes_in_the_terminal_become_a_ranking(folder, tmp_path):
    write_synthetic_run(tmp_path / "bag", chunks=1)
    for trial in folder.left:
        row = Row(
            trial.number,
            trial.policy,
            trial.task,
            trial.condition,
            trial.start,
            1.0,
            True,
            9.0,
            bag=str(tmp_path / "bag"),
        )
        folder.rows.add(row)
    arena = ["arena", str(folder.path), "--out", str(tmp_path / "arena"), "--of", "traces"]
    said = command(*arena, text="both\nl\n")
    assert said.exit_code == 0, said.output
    assert "'both' will not do: l, r, t or s" in said.output
    assert "1 of 1 pairs are done" in said.output
    assert not {"ours", "theirs"} & set(said.output.split())
    ranking = command("ratings", str(tmp_path / "arena"))
    assert ranking.exit_code == 0, ranking.output
    assert {"ours", "theirs"} <= set(ranking.output.split())
    assert (tmp_path / "arena" / "report.html").is_file()


def test_an_experiment_without_recordings_has_nothing_to_vote_on(folder, tmp_path):
    said = command("arena", str(folder.path), "--out", str(tmp_path / "arena"))
    assert said.exit_code != 0
    assert "no start was met by two policies" in str(said.exception)

from pathlib import Path

import pytest

from molmoact_common.errors import UserError
from trial_runner.trials.folder import ExperimentFolder, begin
from trial_runner.trials.rows import Row

TEXT = """\
title: two experts
policies:
  one: {policy: expert}
  two: {policy: expert, execution: async}
tasks: [cell_lift_block]
trials: 2
"""


def file(folder: Path, text: str = TEXT) -> Path:
    path = folder / "wanted.yaml"
    path.write_text(text)
    return path


def row(folder: ExperimentFolder) -> Row:
    trial = folder.left[0]
    return Row(trial.number, trial.policy, trial.task, trial.condition, trial.start, 1.0, True, 9.0)


def test_an_experiment_goes_on_with_the_first_trial_that_has_no_row(tmp_path):
    first = begin(file(tmp_path), tmp_path / "e")
    assert len(first.left) == 4
    first.rows.add(row(first))
    again = begin(file(tmp_path), tmp_path / "e")
    assert [trial.number for trial in again.left] == [1, 2, 3]


def test_an_experiment_does_not_change_once_begun(tmp_path):
    begin(file(tmp_path), tmp_path / "e")
    with pytest.raises(UserError, match="may not change once begun"):
        begin(file(tmp_path, TEXT.replace("trials: 2", "trials: 3")), tmp_path / "e")
    begin(file(tmp_path, "# a comment changes nothing\n" + TEXT), tmp_path / "e")


def test_two_processes_do_not_run_one_experiment(tmp_path):
    first, second = begin(file(tmp_path), tmp_path / "e"), begin(file(tmp_path), tmp_path / "e")
    with first.claimed():
        first.rows.add(row(first))
        with pytest.raises(UserError, match="by another process"), second.claimed():
            pass
    with second.claimed():
        assert [trial.number for trial in second.left] == [1, 2, 3]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("trials: 2", "trials: 0", "trials"),
        ("tasks: [cell_lift_block]", "tasks: [a, a]", "must not name one twice"),
        ("title: two experts", "title: t\ncomparison: {test: both}", "comparison"),
    ],
)
def test_a_wrong_experiment_leaves_no_folder(tmp_path, old, new, said):
    with pytest.raises(UserError, match=said):
        begin(file(tmp_path, TEXT.replace(old, new)), tmp_path / "e")
    assert not (tmp_path / "e").exists()

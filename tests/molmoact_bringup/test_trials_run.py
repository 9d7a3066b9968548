"""What of an experiment shows before any process is started, and what a trial in the cell is worth."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from molmoact_bringup.demo import EpisodesError
from molmoact_bringup.trials_run import row, run_trials, tried
from molmoact_common.errors import UserError
from trial_runner.episode import EpisodeResult
from trial_runner.run_data import Verdict
from trial_runner.summary import RunSummary
from trial_runner.trials.folder import begin
from trial_runner.trials.plan import Trial

TRIAL = Trial(3, "cell_lift_block", "in_distribution", 1, 77, "ours", "A")
SUMMARY = RunSummary(
    bag=Path("bag"), instruction="", model="m", duration_s=9, in_lockstep=True, placements=[],
    verdicts={Verdict.FINISHED: 5, Verdict.DISCARDED: 2}, executed=5, clipped={"workspace": 4}, arms={}, spans={},
    stages={}, forward_passes=0, drops={},
)  # fmt: skip


def test_a_row_has_the_simulators_score_and_what_the_gate_did():
    result = EpisodeResult(77, "lift it", success=False, progress=0.4, world_seconds=60.1, done=True, why="time limit")
    found = row(TRIAL, result, SUMMARY, Path("trials/0003/bag"))
    assert (found.score, found.success, found.seconds, found.bag) == (0.4, False, 60.1, "trials/0003/bag")
    assert found.gate == {"workspace": 4, "discarded": 2}
    assert found.note == "time limit"
    assert row(TRIAL, replace(result, success=True), SUMMARY, Path("b")).score == 1.0


ROW = row(TRIAL, EpisodeResult(77), SUMMARY, Path("b"))


class Graphs:
    """Attempts of which so many fail first."""

    def __init__(self, *failures: UserError) -> None:
        self.failures = list(failures)

    def __call__(self):
        if self.failures:
            raise self.failures.pop(0)
        return ROW


def test_a_trial_whose_graph_failed_is_tried_again_and_its_row_tells_so():
    found = tried(Graphs(UserError("bridge ended"), UserError("policy ended")), Console(quiet=True))
    assert found == replace(ROW, note="tried again: bridge ended; tried again: policy ended")
    assert tried(Graphs(), Console(quiet=True)) == ROW


def test_a_graph_that_fails_again_and_again_ends_the_experiment():
    with pytest.raises(UserError, match="third"):
        tried(Graphs(UserError("first"), UserError("second"), UserError("third")), Console(quiet=True))


def test_a_person_who_ends_a_trial_is_not_asked_again():
    with pytest.raises(EpisodesError):
        tried(Graphs(EpisodesError("ended by a person")), Console(quiet=True))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("cell_lift_block", "wipe_table", "wipe_table is for a real robot"),
        ("cell_lift_block", "juggle", "no trial task 'juggle'"),
        ("policy: expert", "policy: nobody", "no policy configuration 'nobody'"),
        ("trials: 1", "trials: 1\nconditions: [dark]", "no condition 'dark'"),
    ],
)
def test_a_mistake_shows_before_the_first_trial(tmp_path, old, new, said):
    text = "title: t\npolicies:\n  one: {policy: expert}\ntasks: [cell_lift_block]\ntrials: 1\n"
    (tmp_path / "e.yaml").write_text(text.replace(old, new))
    folder = begin(tmp_path / "e.yaml", tmp_path / "out")
    with pytest.raises(UserError, match=said):
        run_trials(folder, Console(), robot_host="127.0.73.2")
    assert not (tmp_path / "out" / "trials").exists()

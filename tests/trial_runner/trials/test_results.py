import math
from dataclasses import replace

import pytest

from trial_runner.statistics.comparison import Verdict
from trial_runner.trials.experiment import Experiment
from trial_runner.trials.plan import plan
from trial_runner.trials.results import OVERALL, cells, comparison, paired, sequential_verdict, starts
from trial_runner.trials.rows import Row


def experiment(**fields) -> Experiment:
    policies = {"ours": {"policy": "tiny"}, "theirs": {"policy": "expert"}}
    return Experiment(title="t", **({"policies": policies, "tasks": ["a", "b"], "trials": 3} | fields))


def rows_of(tried: Experiment, score) -> list[Row]:
    """Rows of the whole plan; `score(trial)` is the progress."""
    return [
        Row(t.number, t.policy, t.task, t.condition, t.start, score(t), score(t) == 1, 10.0 + t.number)
        for t in plan(tried)
    ]


def test_figures_of_a_cell_and_overall():
    rows = rows_of(experiment(), lambda t: 1.0 if t.policy == "ours" else 0.25 * t.start)
    found = {(cell.task, cell.policy): cell for cell in cells(experiment(), rows)}
    assert list(found) == [
        ("a", "ours"), ("a", "theirs"), ("b", "ours"), ("b", "theirs"), (OVERALL, "ours"), (OVERALL, "theirs"),
    ]  # fmt: skip
    theirs = found["a", "theirs"]
    assert theirs.progress.mean == pytest.approx(0.25)
    assert theirs.progress.standard_error == pytest.approx(0.25 / math.sqrt(3))
    assert (theirs.success.successes, theirs.success.trials) == (0, 3)
    assert theirs.ended_at == {"before the first stage": 3}
    assert found[OVERALL, "ours"].success.trials == 6
    assert list(found["a", "ours"].seconds) == sorted(found["a", "ours"].seconds)


def test_failures_stand_in_the_order_of_the_rubric():
    alone = experiment(policies={"ours": {"policy": "expert"}}, tasks=["a"], trials=4)
    stages = [(0.5, "lifted"), (0.0, ""), (0.25, "grasped"), (0.5, "lifted")]
    rows = [
        replace(row, score=s, stage=name) for row, (s, name) in zip(rows_of(alone, lambda t: 0.0), stages, strict=True)
    ]
    (cell,) = cells(alone, rows)
    assert list(cell.ended_at.items()) == [("before the first stage", 1), ("grasped", 1), ("lifted", 2)]


def test_scores_stand_start_by_start_and_what_was_not_tried_is_told():
    tried = experiment(tasks=["a"], trials=2)
    rows = rows_of(tried, lambda t: 1.0 if t.policy == "ours" else 0.25)
    found = starts(tried, rows[:3])
    assert [one.start for one in found] == [0, 1]
    assert found[0].scores == (1.0, 0.25)
    assert sorted(found[1].scores, key=str) in ([0.25, None], [1.0, None])


def test_a_single_cell_is_not_repeated_as_overall():
    alone = experiment(tasks=["a"])
    assert {cell.task for cell in cells(alone, rows_of(alone, lambda t: 1.0))} == {"a"}


def test_pairs_are_of_the_same_start_and_wait_for_their_second_half():
    rows = rows_of(experiment(), lambda t: 1.0)
    pairs = paired(rows[:-1], "ours", "theirs")
    assert len(pairs) == 5
    assert all((a.task, a.start, a.policy, b.policy) == (b.task, b.start, "ours", "theirs") for a, b in pairs)


def test_barnards_test_waits_for_the_last_trial():
    rows = rows_of(experiment(), lambda t: float(t.policy == "ours"))
    assert "waits for all 6 pairs of trials; 5 are there" in comparison(experiment(), rows[:-1]).finding
    whole = comparison(experiment(), rows)
    # Six of six against none of six: two tables of 2 x 2^-12 at the worst nuisance parameter, by hand.
    assert "p = 0.000488; at 0.05, a difference was shown" in whole.finding
    assert whole.difference.mean == 1.0


def test_the_sequential_test_says_when_to_stop():
    tried = experiment(trials=20, comparison={"test": "sequential"})
    rows = rows_of(tried, lambda t: float(t.policy == "theirs"))
    stops = next(n for n in range(len(rows)) if sequential_verdict(tried, rows[:n]) is not Verdict.GO_ON)
    assert sequential_verdict(tried, rows[:stops]) is Verdict.SECOND
    assert len(paired(rows[:stops], "ours", "theirs")) == 8
    assert comparison(tried, rows[:stops]).finding.endswith("after 8 of 40 pairs: theirs is better")


def test_one_policy_alone_is_compared_with_nobody():
    alone = experiment(policies={"ours": {"policy": "expert"}})
    assert comparison(alone, rows_of(alone, lambda t: 1.0)) is None

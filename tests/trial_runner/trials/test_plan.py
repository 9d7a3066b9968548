from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from trial_runner.trials.experiment import Experiment
from trial_runner.trials.plan import plan

EXPERIMENTS = st.builds(
    lambda policies, tasks, conditions, trials, seed: Experiment(
        title="t",
        policies={f"p{n}": {"policy": "expert"} for n in range(policies)},
        tasks=[f"t{n}" for n in range(tasks)],
        conditions=[f"c{n}" for n in range(conditions)],
        trials=trials,
        seed=seed,
    ),
    st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(1, 6), st.integers(0, 2**31),
)  # fmt: skip


@given(EXPERIMENTS)
def test_every_policy_meets_every_start_once_and_none_meets_the_next_before(experiment):
    trials = plan(experiment)
    assert [trial.number for trial in trials] == list(range(len(trials)))
    cells = len(experiment.tasks) * len(experiment.conditions)
    assert set(Counter((t.task, t.condition, t.start, t.policy) for t in trials).values()) == {1}
    assert len(trials) == cells * experiment.trials * len(experiment.policies)
    assert [t.start for t in trials] == sorted(t.start for t in trials)


@given(EXPERIMENTS)
def test_paired_starts_share_their_seed_and_no_cell_repeats_one(experiment):
    trials = plan(experiment)
    seeds = {(t.task, t.condition, t.start, t.seed) for t in trials}
    assert len(seeds) == len({(t.task, t.condition, t.start) for t in trials})
    assert len({(t.task, t.condition, t.seed) for t in trials}) == len(seeds)


@given(EXPERIMENTS)
def test_the_order_is_the_same_each_time_and_labels_hide_the_policies(experiment):
    trials = plan(experiment)
    assert trials == plan(experiment)
    pairs = {(t.policy, t.label) for t in trials}
    assert len(pairs) == len(experiment.policies)
    assert not {label for _, label in pairs} & set(experiment.policies)


def test_neither_order_nor_labels_follow_the_names():
    def of(seed: int) -> Experiment:
        policies = {"a": {"policy": "expert"}, "b": {"policy": "expert"}}
        return Experiment(title="t", policies=policies, tasks=["t"], trials=20, seed=seed)

    orders = [[trial.policy for trial in plan(of(seed))] for seed in range(8)]
    assert len({tuple(order) for order in orders}) == 8
    assert all(3 <= order[::2].count("a") <= 17 for order in orders)
    assert len({plan(of(seed))[0].label + plan(of(seed))[0].policy for seed in range(8)}) > 2

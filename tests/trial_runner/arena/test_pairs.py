from dataclasses import replace

from trial_runner.arena.pairs import Pair, Rollout, find_pairs, shuffled
from trial_runner.trials.folder import begin


def test_every_start_that_two_policies_met_is_a_pair(experiment):
    pairs = find_pairs([experiment.path], seed=0)
    assert len(pairs) == 3
    assert all({pair.left.policy, pair.right.policy} == {"ours", "theirs"} for pair in pairs)
    starts = {row.number: row.start for row in experiment.rows}
    assert all(starts[pair.left.trial] == starts[pair.right.trial] for pair in pairs)


def test_order_and_sides_follow_from_the_seed_alone(experiment):
    assert find_pairs([experiment.path], seed=4) == find_pairs([experiment.path], seed=4)
    assert len({tuple(find_pairs([experiment.path], seed=seed)) for seed in range(12)}) > 6


def test_each_policy_stands_on_either_side_about_as_often(tmp_path):
    one = Rollout(tmp_path, 0, "ours", "t", tmp_path)
    pairs = [Pair(replace(one, trial=2 * n), replace(one, trial=2 * n + 1, policy="theirs")) for n in range(400)]
    left = sum(pair.left.policy == "ours" for pair in shuffled(pairs, seed=1))
    assert 150 < left < 250


def test_a_pair_is_the_same_whichever_stands_left(experiment):
    pair = find_pairs([experiment.path], seed=0)[0]
    assert Pair(pair.right, pair.left).key == pair.key


def test_a_trial_without_a_recording_or_a_partner_meets_nobody(tmp_path):
    text = "title: t\npolicies:\n  ours: {policy: tiny}\n  theirs: {policy: expert}\ntasks: [wipe_table]\ntrials: 1\n"
    (tmp_path / "e.yaml").write_text(text)
    begin(tmp_path / "e.yaml", tmp_path / "none")
    assert find_pairs([tmp_path / "none"], seed=0) == []

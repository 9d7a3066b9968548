import math

import numpy as np
import pytest

from molmoact_common.errors import UserError
from trial_runner.statistics.arena import BASE, Vote, ratings


def test_strengths_that_made_the_votes_are_found_again():
    true = {"a": 200.0, "b": 0.0, "c": -200.0}
    random = np.random.default_rng(3)
    names = list(true)
    votes = []
    for _ in range(3000):
        left, right = random.permutation(names)[:2]
        chance = 1 / (1 + 10 ** ((true[right] - true[left]) / 400))
        votes.append(Vote(str(left), str(right), float(random.random() < chance)))
    found = {rating.policy: rating for rating in ratings(votes, seed=0, resamples=50)}
    for name, elo in true.items():
        assert found[name].rating - BASE == pytest.approx(elo, abs=25)
        assert found[name].low < found[name].rating < found[name].high


def test_the_better_one_comes_first_and_a_clean_sheet_stays_finite():
    best, worst = ratings([Vote("x", "y", 0.0)] * 5, seed=0)
    assert (best.policy, worst.policy, best.votes) == ("y", "x", 5)
    assert math.isfinite(best.rating)


def test_ties_leave_two_policies_level():
    first, second = ratings([Vote("x", "y", 0.5)] * 4, seed=0)
    assert first.rating == pytest.approx(second.rating, abs=1e-3)


@pytest.mark.parametrize("votes", [[], [Vote("a", "a", 1.0)], [Vote("a", "b", 2.0)]])
def test_votes_that_say_nothing_are_refused(votes):
    with pytest.raises(UserError, match="no ranking"):
        ratings(votes, seed=0)

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.recounted import barnard
from trial_runner.statistics.comparison import SequentialTest, Verdict, barnard_p, difference
from trial_runner.statistics.intervals import NoTrialsError

COUNTS = st.integers(0, 60)


def test_a_difference_comes_with_an_interval_around_it():
    found = difference([1.0, 0.75, 1.0, 1.0], [0.25, 0.5, 0.25, 0.0], paired=True, seed=1)
    assert found.mean == pytest.approx(0.6875)
    assert found.low < found.mean < found.high
    assert found.low > 0


def test_pairing_takes_the_difficulty_of_the_start_out_of_the_interval():
    starts = np.linspace(0, 0.8, 12)
    ours, theirs = list(starts + 0.1), list(starts)
    paired = difference(ours, theirs, paired=True, seed=0)
    unpaired = difference(ours, theirs, paired=False, seed=0)
    assert paired.high - paired.low < 1e-9 < 0.2 < unpaired.high - unpaired.low


def test_pairs_that_do_not_match_are_refused():
    with pytest.raises(NoTrialsError, match="3 with 2"):
        difference([1, 0, 1], [0, 1], paired=True, seed=0)


def test_barnards_exact_test_of_the_example_in_its_documentation():
    # Vaccine trial in Mehta and Senchaudhuri (2003): 7 of 15 against 12 of 15, two-sided 0.0682 (one-sided 0.0341).
    assert barnard_p(7, 12, 15) == pytest.approx(0.0682, abs=5e-4)


@pytest.mark.parametrize(("ours", "theirs", "trials"), [(7, 3, 12), (22, 18, 25), (3, 7, 12), (10, 10, 10), (6, 0, 6)])
def test_barnards_test_leaves_no_table_out_that_is_as_uneven(ours, theirs, trials):
    # The statistics of some mirror images differ in the last bit; asked of one table, scipy gives 0.123, not 0.126.
    assert barnard_p(ours, theirs, trials) == pytest.approx(barnard(ours, theirs, trials), abs=1e-3)


def test_the_evidence_is_that_of_a_coin_of_unknown_bias():
    # Uniform prior: marginal likelihood a! b! / (n + 1)!, against 2^-n.
    expected = math.factorial(7) * math.factorial(1) / math.factorial(9) * 2**8
    assert SequentialTest(0.05, 100).evidence(7, 1) == pytest.approx(expected)


def test_clear_superiority_stops_early_and_ties_never_count():
    test = SequentialTest(alpha=0.05, most_pairs=50)
    pairs = [(True, True), (False, False)] * 5 + [(True, False)] * 7
    assert test.verdict(pairs) is Verdict.GO_ON
    assert test.verdict([*pairs, (True, False)]) is Verdict.FIRST
    assert test.verdict([(b, a) for a, b in [*pairs, (True, False)]]) is Verdict.SECOND


def test_a_verdict_stands_whatever_comes_after():
    test = SequentialTest(alpha=0.05, most_pairs=50)
    assert test.verdict([(True, False)] * 8 + [(False, True)] * 8) is Verdict.FIRST


def test_it_ends_undecided_after_the_most_pairs():
    assert SequentialTest(0.05, 4).verdict([(True, True)] * 4) is Verdict.UNDECIDED


def test_equal_policies_are_called_different_in_less_than_alpha_of_all_cases():
    """Ville's inequality, looked at after every one of 200 pairs; 2000 runs, 0.05 and three standard deviations."""
    random = np.random.default_rng(7)
    test = SequentialTest(alpha=0.05, most_pairs=200)
    wrong = sum(
        test.verdict([(bool(coin), not coin) for coin in random.integers(2, size=200)]) is not Verdict.UNDECIDED
        for _ in range(2000)
    )
    assert wrong / 2000 < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2000)


@given(COUNTS, COUNTS)
def test_evidence_is_symmetric_and_finite(a, b):
    test = SequentialTest(0.05, 100)
    assert test.evidence(a, b) == test.evidence(b, a)
    assert math.isfinite(test.evidence(a, b))

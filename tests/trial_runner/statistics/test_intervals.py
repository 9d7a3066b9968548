import pytest

from trial_runner.statistics.intervals import NoTrialsError, progress, success_rate


def test_progress_is_the_mean_with_the_sample_standard_error():
    found = progress([0.25, 1.0, 1.0, 0.5])
    assert found.mean == pytest.approx(0.6875)
    assert found.standard_error == pytest.approx(0.1875)
    assert str(found) == "0.69 ± 0.19"


def test_a_single_trial_has_no_standard_error():
    assert str(progress([0.5])) == "0.50 ± –"


def test_the_wilson_interval_of_a_textbook_example():
    # Agresti and Coull's bounds of 0 in 10 and the symmetric 10 in 10; z = 1.96: z^2 / (n + z^2) = 0.2775.
    none, every = success_rate(0, 10), success_rate(10, 10)
    assert (none.low, none.high) == (pytest.approx(0, abs=1e-12), pytest.approx(0.2775, abs=1e-4))
    assert every.low == pytest.approx(1 - 0.2775, abs=1e-4)
    assert str(success_rate(5, 10)) == "5/10 (50%, 24% to 76%)"


def test_without_trials_there_is_no_figure():
    with pytest.raises(NoTrialsError, match="no scored trial"):
        progress([])
    with pytest.raises(NoTrialsError):
        success_rate(0, 0)

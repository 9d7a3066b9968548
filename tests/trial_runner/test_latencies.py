import pytest
from hypothesis import given
from hypothesis import strategies as st

from molmoact_common.chunks import Ledger
from trial_runner.latencies import SPAN_LABELS, latencies, span_milliseconds, stage_milliseconds

MS = 1_000_000


def test_stage_that_was_skipped_is_not_there():
    ledger = Ledger(exposure=1 * MS, received=3 * MS, action=9 * MS)
    assert stage_milliseconds(ledger) == {"camera to policy": 2.0, "action tokens": 6.0}


@given(st.lists(st.integers(0, 10**12), min_size=10, max_size=10))
def test_stages_add_up_to_the_time_between_first_and_last_stamp(stamps):
    ledger = Ledger(*sorted(stamps))
    reached = [stamp for stamp in sorted(stamps) if stamp]
    whole = (reached[-1] - reached[0]) / 1e6 if reached else 0.0
    assert sum(stage_milliseconds(ledger).values()) == pytest.approx(whole)


def test_span_of_which_an_end_is_missing_is_not_there():
    ledger = Ledger(exposure=1 * MS, received=3 * MS, action=9 * MS)
    assert span_milliseconds(ledger) == {"camera to policy": 2.0, "reasoning": 6.0}


@given(st.lists(st.integers(1, 10**12), min_size=10, max_size=10))
def test_parts_add_up_to_the_whole_span(stamps):
    whole, *parts = (span_milliseconds(Ledger(*sorted(stamps)))[label] for label in SPAN_LABELS)
    assert sum(parts) == pytest.approx(whole)


def test_latency_is_over_the_chunks_that_have_it():
    (found,) = latencies([{"a": 1.0}, {}, {"a": 3.0}], ["a", "b"]).items()
    assert found[0] == "a"
    assert (found[1].median_ms, found[1].count) == (2.0, 2)
    assert found[1].p99_ms == pytest.approx(2.98)

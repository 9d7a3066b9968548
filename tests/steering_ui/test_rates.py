from hypothesis import given
from hypothesis import strategies as st

from steering_ui.rates import TokenBucket


@given(st.lists(st.floats(0, 5), min_size=1, max_size=20), st.floats(0.1, 5), st.integers(1, 10))
def test_no_more_than_the_burst_and_the_rate_ever_pass(waits, rate, burst):
    bucket = TokenBucket(rate=rate, burst=burst)
    now, passed = 0.0, 0
    for wait in waits:
        now += wait
        passed += bucket.take(now)
    assert passed <= burst + rate * (now - waits[0]) + 1e-6


def test_a_clock_that_steps_back_gives_nothing_away():
    bucket = TokenBucket(rate=1, burst=1)
    assert bucket.take(10.0)
    assert not bucket.take(2.0)
    assert bucket.take(3.5)

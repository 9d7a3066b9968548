import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from demo_recorder.teleop.devices import beyond_rest

DEFLECTIONS = arrays(np.float64, 3, elements=st.floats(-3, 3))


@given(DEFLECTIONS, st.floats(0, 0.8))
def test_rest_is_exactly_nothing_and_the_end_exactly_full(values, rest):
    shaped = beyond_rest(values, rest)
    assert not shaped[np.abs(values) <= rest].any()
    assert np.abs(shaped).max() <= 1
    assert np.all(shaped * values >= 0)


def test_speed_begins_at_nothing_where_rest_ends():
    assert beyond_rest(np.array([0.2001, -0.6, 1.0]), 0.2).round(3).tolist() == [0.0, -0.5, 1.0]

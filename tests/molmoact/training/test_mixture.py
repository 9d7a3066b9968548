from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molmoact.training.mixture import Mixture


def some(mixture, count, start=0):
    return list(islice(mixture.tickets(start), count))


@settings(max_examples=8)
@given(st.integers(0, 9000), st.integers(0, 3))
def test_a_run_goes_on_at_any_sample_as_if_it_had_never_stopped(start, seed):
    sizes, rates = (7, 100, 3000), (0.1, 0.3, 0.6)
    unbroken = some(Mixture(sizes, rates, seed), start + 20)
    assert some(Mixture(sizes, rates, seed), 20, start) == unbroken[start:]


def test_sets_are_drawn_at_their_rates():
    tickets = some(Mixture((10, 10, 10), (1, 3, 4), 0), 20_000)
    shares = np.bincount([ticket.source for ticket in tickets]) / len(tickets)
    assert shares == pytest.approx([0.125, 0.375, 0.5], abs=0.02)
    assert [ticket.number for ticket in tickets[:3]] == [0, 1, 2]


def test_every_row_comes_once_before_any_comes_again_and_in_another_order():
    rows = [ticket.row for ticket in some(Mixture((50,), (1,), 3), 100)]
    assert sorted(rows[:50]) == sorted(rows[50:]) == list(range(50))
    assert rows[:50] != rows[50:] != list(range(50))


def test_the_seed_decides():
    assert some(Mixture((50,), (1,), 1), 20) == some(Mixture((50,), (1,), 1), 20) != some(Mixture((50,), (1,), 2), 20)

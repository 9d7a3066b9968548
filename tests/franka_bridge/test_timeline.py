"""Rows against a clock that is passed in."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from franka_bridge.timeline import MADE_UP, Timeline

ROWS = [{} for _ in range(8)]
PERIOD_NS = 100_000_000


def taken(timeline: Timeline, times: list[int]) -> list[int]:
    """Times at which a row was taken."""
    commanded = []
    for now in times:
        if timeline.due(now) is not None:
            timeline.advance(now, done=True)
            commanded.append(now)
    return commanded


@given(steps=st.lists(st.integers(0, 700_000_000), max_size=40))
def test_rows_are_never_closer_than_what_may_be_made_up(steps: list[int]):
    timeline = Timeline()
    timeline.load(ROWS, PERIOD_NS / 1e9, 0)
    times = [sum(steps[:count]) for count in range(1, len(steps) + 1)]
    commanded = taken(timeline, times)
    gaps = [later - earlier for earlier, later in pairwise(commanded)]
    assert all(gap >= PERIOD_NS * (1 - 1 / MADE_UP) for gap in gaps)


def test_small_lateness_is_made_up_so_that_the_mean_rate_is_exact():
    timeline = Timeline()
    timeline.load([{} for _ in range(31)], 1 / 15, 0)
    commanded = taken(timeline, list(range(0, 2_100_000_000, 10_000_000)))
    assert 0 <= commanded[30] - 2_000_000_000 <= 10_000_000  # a tick of 10 ms late, not thirty times 3.3 ms


def test_runs_out_one_period_after_its_last_row():
    timeline = Timeline()
    timeline.load(ROWS[:1], PERIOD_NS / 1e9, 0)
    assert taken(timeline, [0]) == [0]
    assert not timeline.ran_out(PERIOD_NS - 1)
    assert timeline.ran_out(PERIOD_NS)


def test_a_row_stays_due_until_it_is_done():
    timeline = Timeline()
    timeline.load(ROWS[:2], PERIOD_NS / 1e9, 0)
    timeline.advance(0, done=False)
    assert timeline.rows_left == 2
    assert timeline.due(PERIOD_NS - 1) is None
    assert timeline.due(PERIOD_NS) is not None


def test_rows_that_come_just_after_a_step_has_ended_begin_where_it_ended():
    timeline = Timeline()
    timeline.load(ROWS, PERIOD_NS / 1e9, 0)
    assert taken(timeline, [0]) == [0]
    timeline.load(ROWS, PERIOD_NS / 1e9, PERIOD_NS + 6_000_000)
    assert taken(timeline, [PERIOD_NS + 10_000_000]) == [PERIOD_NS + 10_000_000]
    assert timeline.step_start_ns == PERIOD_NS


def test_rows_that_come_long_after_the_last_step_hurry_nothing():
    timeline = Timeline()
    timeline.load(ROWS[:1], PERIOD_NS / 1e9, 0)
    assert taken(timeline, [0]) == [0]
    timeline.load(ROWS, PERIOD_NS / 1e9, 20 * PERIOD_NS)
    assert taken(timeline, [20 * PERIOD_NS + 5_000_000]) == [20 * PERIOD_NS + 5_000_000]
    assert timeline.step_start_ns == 20 * PERIOD_NS + 5_000_000

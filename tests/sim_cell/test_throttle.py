"""How ticks are spread over wall time, and when the world is held."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_cell.throttle import SLOW_TICK, Throttle, frame_number, frame_tick, is_held

RATE = 15.0
NO_HOLD = 2**62


def ticks_until(throttle: Throttle, end: float, start: float = 100.0, step: float = 0.0001) -> int:
    made = 0
    for number in range(round((end - start) / step)):
        now = start + number * step
        if throttle.wait(now, held=False) <= 0:
            throttle.ticked(now)
            made += 1
    return made


@pytest.mark.parametrize(("rate", "expected"), [(1.0, 1000), (0.5, 500), (2.0, 2000)])
def test_the_rate_is_kept(rate, expected):
    assert ticks_until(Throttle(rate=rate), 101.0) == pytest.approx(expected, abs=12)


def test_after_a_long_delay_only_the_backlog_is_caught_up():
    throttle = Throttle(rate=1.0, backlog=0.005)
    throttle.ticked(100.0)
    burst = 0
    while throttle.wait(200.0, held=False) <= 0:
        throttle.ticked(200.0)
        burst += 1
    assert burst in (5, 6)


def test_without_a_rate_nothing_is_waited_for():
    throttle = Throttle(rate=0.0)
    throttle.ticked(5.0)
    assert throttle.wait(5.0, held=False) == 0.0


def test_a_held_world_ticks_slowly_but_never_stops():
    throttle = Throttle()
    throttle.ticked(10.0)
    assert throttle.wait(10.0, held=True) == SLOW_TICK
    assert throttle.wait(10.0 + SLOW_TICK, held=True) <= 0
    assert SLOW_TICK < 1.0, "libfranka gives up after about a second"


@given(number=st.integers(0, 100_000), rate=st.floats(0.5, 90))
def test_the_newest_due_picture_is_found_at_its_tick_and_not_before(number, rate):
    tick = frame_tick(number, rate)
    assert frame_number(tick, rate) == number
    assert tick == 0 or frame_number(tick - 1, rate) == number - 1


def test_pictures_keep_their_rate_over_time():
    assert [frame_tick(number, RATE) for number in (0, 1, 2, 15)] == [0, 67, 134, 1000]


def test_the_pacer_holds_the_world_at_its_tick():
    assert not is_held(99, 100, -1, RATE)
    assert is_held(100, 100, -1, RATE)


def test_the_world_waits_for_the_renderer_before_a_picture_would_be_left_out():
    assert not is_held(132, NO_HOLD, 0, RATE)
    assert is_held(133, NO_HOLD, 0, RATE)
    assert not is_held(133, NO_HOLD, 67, RATE)


def test_without_a_renderer_nothing_is_waited_for():
    assert not is_held(10_000, NO_HOLD, -1, RATE)

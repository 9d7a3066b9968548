"""A robot's clock that stands still."""

from hypothesis import given
from hypothesis import strategies as st

from franka_bridge.stall import LONGEST_CYCLE_NS, Stall

CYCLE = 10_000_000
SECOND = 1_000_000_000


def test_told_after_its_limit_and_not_before():
    stall = Stall(1.5)
    told = [stall.look(7, now * CYCLE) for now in range(1, 160)]
    assert [bool(text) for text in told].index(True) == 151
    assert told[-1] == "the robot's clock has stood still for 1.5 s; call recover"


def test_a_clock_that_goes_on_or_begins_anew_is_none():
    stall = Stall(1.5)
    assert not any(stall.look(ms % 1000, now * CYCLE) for now, ms in enumerate(range(0, 5000, 10)))


@given(jumps=st.lists(st.integers(-3600 * SECOND, 3600 * SECOND), max_size=20))
def test_a_graphs_clock_that_jumps_says_nothing_of_the_robot(jumps: list[int]):
    stall, now = Stall(1.5), 0
    for jump in jumps:
        now += jump
        assert stall.look(7, now) == ""
    assert len(jumps) * LONGEST_CYCLE_NS <= 1.5 * SECOND

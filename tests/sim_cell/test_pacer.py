"""The holds that an unanswered observation and a late control cycle put on the world."""

from hypothesis import given
from hypothesis import strategies as st

from sim_cell.pacer import ControlPacer, Pacer

MS = 1_000_000


def test_without_an_observation_there_is_no_limit():
    assert Pacer(0.3).limit_tick() is None


def test_the_limit_is_the_observation_plus_the_virtual_latency():
    pacer = Pacer(0.3)
    pacer.observed(7, 1000 * MS, now=0.0)
    assert pacer.limit_tick() == 1300


def test_the_answer_releases_the_world():
    pacer = Pacer(0.3)
    pacer.observed(7, 1000 * MS, now=0.0)
    pacer.answered(7)
    assert pacer.limit_tick() is None


def test_an_old_answer_releases_nothing():
    pacer = Pacer(0.3)
    pacer.observed(7, 1000 * MS, now=0.0)
    pacer.answered(6)
    assert pacer.limit_tick() == 1300


def test_a_policy_that_looked_again_is_waited_for_anew():
    pacer = Pacer(0.1)
    pacer.observed(7, 1000 * MS, now=0.0)
    pacer.observed(8, 2000 * MS, now=1.0)
    assert pacer.limit_tick() == 2100


def test_a_missing_answer_is_given_up_once():
    pacer = Pacer(0.3, give_up=60)
    pacer.observed(7, 1000 * MS, now=5.0)
    assert pacer.give_up(64.9) is None
    assert pacer.give_up(65.0) == 7
    assert pacer.limit_tick() is None
    assert pacer.give_up(66.0) is None


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=30))
def test_answers_to_everything_always_release(events):
    pacer = Pacer(0.3)
    for observed, sequence in events:
        if observed:
            pacer.observed(sequence, sequence * MS, now=0.0)
        else:
            pacer.answered(sequence)
    pacer.answered(5)
    assert pacer.limit_tick() is None


def test_the_world_stays_close_to_the_bridges_last_cycle():
    pacer = ControlPacer(lead=0.05, give_up=1.0)
    assert pacer.limit_tick(now=100.0) is None
    pacer.cycled("arm", stamp_ns=2_000_000_000, now=100.0)
    assert pacer.limit_tick(now=100.9) == 2050
    pacer.cycled("arm", stamp_ns=2_010_000_000, now=100.9)
    assert pacer.limit_tick(now=101.8) == 2060


def test_a_bridge_that_is_gone_holds_nobody():
    pacer = ControlPacer(lead=0.05, give_up=1.0)
    pacer.cycled("arm", stamp_ns=2_000_000_000, now=100.0)
    assert pacer.limit_tick(now=101.0) is None


def test_the_slowest_of_two_arms_holds_the_world_back():
    pacer = ControlPacer(lead=0.05, give_up=1.0)
    pacer.cycled("left", stamp_ns=2_000_000_000, now=100.0)
    pacer.cycled("right", stamp_ns=2_030_000_000, now=100.0)
    assert pacer.limit_tick(now=100.5) == 2050
    pacer.cycled("left", stamp_ns=2_040_000_000, now=100.6)
    assert pacer.limit_tick(now=100.7) == 2080


def test_an_arm_that_is_gone_does_not_hold_the_other_back():
    pacer = ControlPacer(lead=0.05, give_up=1.0)
    pacer.cycled("left", stamp_ns=2_000_000_000, now=100.0)
    pacer.cycled("right", stamp_ns=2_900_000_000, now=100.9)
    assert pacer.limit_tick(now=101.0) == 2950

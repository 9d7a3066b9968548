"""One more try after a planner's failure: from rest, once, in time."""

from hypothesis import given
from hypothesis import strategies as st

from franka_bridge.drivers.replan import PATIENCE_MS, REST_MS, ROW_MS, Replan


def retried_at(ms: int) -> Replan:
    replan = Replan()
    replan.failed(ms - REST_MS)
    assert replan.ready(ms, stands=True)
    return replan


def test_without_a_failure_there_is_nothing_to_try():
    assert not Replan().ready(10**6, stands=True)


def test_waits_until_the_arm_has_stood_for_a_while():
    replan = Replan()
    assert replan.failed(1000)
    assert not replan.ready(1000 + REST_MS, stands=False)
    assert not replan.ready(1000 + 2 * REST_MS - 1, stands=True)
    assert replan.waiting
    assert replan.ready(1000 + 2 * REST_MS, stands=True)
    assert not replan.waiting


@given(steps=st.lists(st.tuples(st.integers(1, 50), st.booleans()), max_size=100))
def test_tries_at_most_once_and_is_overdue_after_its_patience(steps: list[tuple[int, bool]]):
    replan, ms, tries = Replan(), 0, 0
    replan.failed(0)
    for step, stands in steps:
        ms += step
        tries += replan.ready(ms, stands=stands)
        assert replan.overdue(ms) == (tries == 0 and ms > PATIENCE_MS)
    assert tries <= 1


def test_a_second_failure_in_a_row_is_the_last_and_a_later_one_a_first_again():
    assert not retried_at(1000).failed(1000 + ROW_MS - 1)
    assert retried_at(1000).failed(1000 + ROW_MS)


def test_what_is_forgotten_is_not_tried():
    replan = Replan()
    replan.failed(1000)
    replan.forget()
    assert not replan.ready(2000, stands=True)

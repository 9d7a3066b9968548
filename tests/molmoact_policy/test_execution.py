"""When the policy looks again."""

from molmoact_policy.execution import GRACE_NS, ExecutionGate

S = 1_000_000_000


def test_open_loop_waits_for_the_end_of_the_chunk_and_for_images_after_it():
    gate = ExecutionGate("open_loop", longest_chunk_ns=S)
    gate.observed(1 * S)
    gate.sent(7, now_ns=2 * S)
    assert gate.observe_after(2 * S) is None
    gate.ended(7, stamp_ns=3 * S)
    assert gate.observe_after(3 * S) == 3 * S


def test_open_loop_is_not_released_by_another_chunk():
    gate = ExecutionGate("open_loop", longest_chunk_ns=S)
    gate.sent(7, now_ns=0)
    gate.ended(6, stamp_ns=1)
    assert gate.observe_after(1) is None


def test_open_loop_looks_again_when_the_end_was_lost():
    gate = ExecutionGate("open_loop", longest_chunk_ns=S)
    gate.sent(7, now_ns=0)
    assert gate.observe_after(S + GRACE_NS - 1) is None
    assert gate.observe_after(S + GRACE_NS) == 0


def test_async_only_asks_for_something_newer_than_the_last_observation():
    gate = ExecutionGate("async", longest_chunk_ns=S)
    gate.observed(4 * S)
    gate.sent(7, now_ns=5 * S)
    assert gate.observe_after(5 * S) == 4 * S


def test_a_clock_step_forgets_the_stamps():
    gate = ExecutionGate("open_loop", longest_chunk_ns=S)
    gate.observed(9 * S)
    gate.sent(7, now_ns=9 * S)
    gate.restart()
    assert gate.observe_after(0) == 0

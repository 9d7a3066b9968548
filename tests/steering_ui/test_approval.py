import pytest
from hypothesis import given
from hypothesis import strategies as st

from steering_ui.approval import ApprovalDesk, Declined, Mode, Proposal, Relayed
from steering_ui.errors import RefusedError

S = 1_000_000_000
LIMIT = 9.5


def asking(**changes):
    return ApprovalDesk(changes.get("mode", Mode.ASK), LIMIT)


def proposal(sequence, seconds=0.0, rows=8):
    return Proposal(sequence, round(seconds * S), rows)


def test_chunks_pass_where_nobody_is_asked():
    desk = asking(mode=Mode.PASS)
    assert desk.proposed(proposal(1), 0) == [Relayed(proposal(1), 8)]
    assert desk.waiting is None


def test_a_chunk_waits_and_goes_on_whole_after_a_yes():
    desk = asking()
    assert desk.proposed(proposal(1), 0) == []
    assert desk.decide(1, approved=True, rows=None, now_ns=S) == [Relayed(proposal(1), 8)]
    assert desk.waiting is None


def test_a_person_may_let_only_its_beginning_go():
    desk = asking()
    desk.proposed(proposal(1), 0)
    with pytest.raises(RefusedError, match="8 rows, not 9"):
        desk.decide(1, approved=True, rows=9, now_ns=S)
    assert desk.decide(1, approved=True, rows=3, now_ns=S) == [Relayed(proposal(1), 3)]


def test_no_answer_in_time_means_hold():
    desk = asking()
    desk.proposed(proposal(1, seconds=1), S)
    assert desk.look(10 * S) == []
    assert desk.left(10 * S) == pytest.approx(0.5)
    (declined,) = desk.look(round(10.5 * S))
    assert declined == Declined(proposal(1, seconds=1), "approval: no answer in time")
    assert desk.left(11 * S) is None


def test_a_yes_that_comes_too_late_is_a_no():
    desk = asking()
    desk.proposed(proposal(1), 0)
    (outcome,) = desk.decide(1, approved=True, rows=None, now_ns=10 * S)
    assert isinstance(outcome, Declined)


def test_a_chunk_that_is_too_old_when_it_comes_is_declined_at_once():
    (outcome,) = asking().proposed(proposal(1), 10 * S)
    assert isinstance(outcome, Declined)


def test_a_yes_counts_for_the_chunk_that_was_looked_at():
    desk = asking()
    desk.proposed(proposal(1), 0)
    (older,) = desk.proposed(proposal(2), 0)
    assert older.why == "approval: a newer chunk was proposed"
    with pytest.raises(RefusedError, match="chunk 1 does not wait"):
        desk.decide(1, approved=True, rows=None, now_ns=0)


def test_while_held_nothing_passes_and_what_waited_is_looked_at_again():
    desk = asking(mode=Mode.PASS)
    desk.hold("gone")
    desk.hold("ordered")
    assert desk.held == "gone"
    assert desk.proposed(proposal(1), 0) == []
    with pytest.raises(RefusedError, match="held"):
        desk.decide(1, approved=True, rows=None, now_ns=0)
    assert desk.resume() == [Declined(proposal(1), "approval: held meanwhile")]
    assert desk.proposed(proposal(2), 0) == [Relayed(proposal(2), 8)]


def test_to_ask_no_longer_approves_nothing():
    desk = asking()
    desk.proposed(proposal(1), 0)
    (outcome,) = desk.set_mode(Mode.PASS)
    assert isinstance(outcome, Declined)


ACTS = st.sampled_from(["propose", "old", "yes", "no", "ask", "pass", "hold", "resume", "look"])


@given(st.lists(ACTS, max_size=40), st.sampled_from(Mode))
def test_every_chunk_ends_once_and_none_passes_without_leave(acts, mode):
    """Whatever people do in whatever order: what is relayed was approved, or nobody asked for it, and nothing held."""
    desk = ApprovalDesk(mode, LIMIT)
    now, sequence = 100 * S, 0
    ended: list[int] = []
    for act in acts:
        now += S
        may_pass = not desk.held and desk.mode is Mode.PASS
        outcomes = []
        if act in ("propose", "old"):
            sequence += 1
            outcomes = desk.proposed(Proposal(sequence, now - (20 * S if act == "old" else 0), 8), now)
        elif act in ("yes", "no") and desk.waiting is not None:
            try:
                outcomes = desk.decide(sequence, approved=act == "yes", rows=None, now_ns=now)
            except RefusedError:
                assert desk.held
        elif act in ("ask", "pass"):
            outcomes = desk.set_mode(Mode(act))
        elif act == "hold":
            desk.hold("x")
        elif act == "resume":
            outcomes = desk.resume()
        else:
            outcomes = desk.look(now)
        for outcome in outcomes:
            ended.append(outcome.proposal.sequence)
            if isinstance(outcome, Relayed):
                assert act == "yes" or may_pass
                assert act == "yes" or act in ("propose", "old")
    waiting = [desk.waiting.sequence] if desk.waiting else []
    assert sorted(ended + waiting) == list(range(1, sequence + 1))

"""Who may move the arms."""

from hypothesis import given
from hypothesis import strategies as st

from franka_bridge.authority import Authority, Source

MS = 1_000_000
SECOND = 1000 * MS


def authority(*, required: bool = False) -> Authority:
    return Authority(presence_required=required, presence_patience=0.3, operator_patience=0.5)


def test_without_an_operator_the_policy_moves_the_arms():
    assert authority().objection(Source.POLICY, 0, SECOND) == ""
    assert authority().unattended(Source.POLICY, SECOND) == ""


def test_an_operators_chunk_keeps_the_policys_out_for_half_a_second():
    one = authority()
    one.operator_chunk(SECOND)
    assert one.objection(Source.POLICY, SECOND, SECOND + 500 * MS) == "operator: has control"
    assert one.objection(Source.OPERATOR, SECOND, SECOND + 500 * MS) == ""
    assert one.objection(Source.POLICY, SECOND + 501 * MS, SECOND + 600 * MS) == ""


def test_what_the_policy_saw_while_the_operator_had_control_is_of_no_use_afterwards():
    one = authority()
    one.operator_chunk(SECOND)
    assert one.objection(Source.POLICY, SECOND + 400 * MS, SECOND + 600 * MS).startswith("operator: had control")


def test_a_clock_that_is_set_back_does_not_keep_the_policy_out():
    one = authority()
    one.operator_chunk(3600 * SECOND)
    assert one.objection(Source.POLICY, SECOND, 2 * SECOND) == ""


@given(since=st.integers(-2000, 2000))
def test_a_required_presence_is_good_for_300_ms(since: int):
    one = authority(required=True)
    one.presence(held=True, now_ns=10 * SECOND)
    missing = one.unattended(Source.POLICY, 10 * SECOND + since * MS)
    assert bool(missing) is (abs(since) > 300)
    assert one.objection(Source.POLICY, 10 * SECOND, 10 * SECOND + since * MS) == missing


def test_a_switch_that_is_let_go_counts_at_once_and_not_for_teleoperation():
    one = authority(required=True)
    one.presence(held=True, now_ns=SECOND)
    one.presence(held=False, now_ns=SECOND + MS)
    assert one.unattended(Source.POLICY, SECOND + 2 * MS).startswith("presence: ")
    assert one.unattended(Source.OPERATOR, SECOND + 2 * MS) == ""

"""The ledger names its stages in the order in which a chunk passes them, and each has a field in the message."""

from molmoact_ros.msg import Ledger as LedgerMessage

from molmoact_common.chunks import Ledger


def test_stages_come_in_order_from_exposure_to_the_last_step():
    names = Ledger.stamp_names()
    assert names[0] == "exposure"
    assert names[-1] == "last_step_applied"
    assert names.index("received") < names.index("prefilled") < names.index("action") < names.index("bridge_received")


def test_the_message_has_the_same_stages():
    assert set(LedgerMessage.get_fields_and_field_types()) == {*Ledger.stamp_names(), "forward_passes"}


def test_a_new_ledger_has_reached_nothing():
    assert all(getattr(Ledger(), name) == 0 for name in Ledger.stamp_names())

from hypothesis import given
from hypothesis import strategies as st
from molmoact_ros.msg import ArmState
from rclpy.serialization import serialize_message

from demo_recorder.arrivals import Arrivals, stamp_of
from molmoact_common.ros.stamps import to_time


@given(st.integers(0, 2**31 * 10**9 - 1), st.text(max_size=20))
def test_stamp_is_read_without_decoding(stamp_ns, arm):
    message = ArmState(arm=arm.replace("\0", ""))
    message.header.stamp = to_time(stamp_ns)
    assert stamp_of(serialize_message(message)) == stamp_ns


def test_stamp_of_the_other_byte_order_is_read():
    assert stamp_of(b"\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x03") == 2_000_000_003


def test_least_age_since_the_last_look_is_told_once():
    arrivals = Arrivals("molmoact_ros/msg/ArmState")
    message = ArmState()
    for age in (3, 1, 2):
        message.header.stamp = to_time(10_000_000_000 - age * 1_000_000_000)
        arrivals.seen(10_000_000_000, serialize_message(message))
    assert arrivals.take_age() == 1.0
    assert arrivals.take_age() is None


def test_what_has_no_header_has_no_age():
    arrivals = Arrivals("std_msgs/msg/String")
    arrivals.seen(5, b"\x00\x01\x00\x00" + b"\xff" * 20)
    assert arrivals.take_age() is None


def test_unnumbered_message_makes_no_gap():
    arrivals = Arrivals("std_msgs/msg/String")
    for number in (1, None, 9):
        arrivals.seen(5, b"", number)
    assert arrivals.lost == 0

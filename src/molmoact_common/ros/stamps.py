"""Time stamps: ROS messages on the wire, integer nanoseconds inside."""

from typing import Any

from builtin_interfaces.msg import Time

NANOSECONDS = 1_000_000_000


def to_time(nanoseconds: int) -> Time:
    """Message for a stamp in nanoseconds (0 or more)."""
    seconds, rest = divmod(nanoseconds, NANOSECONDS)
    return Time(sec=seconds, nanosec=rest)


def to_nanoseconds(stamp: Any) -> int:
    """Nanoseconds of a builtin_interfaces/Time."""
    return int(stamp.sec) * NANOSECONDS + int(stamp.nanosec)

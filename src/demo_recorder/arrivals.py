"""What the messages of one topic tell as they come, without decoding them: gaps, age, and pictures that repeat."""

import struct

from molmoact_common.ros.stamps import NANOSECONDS

HEADER_TYPES = {"sensor_msgs/msg/Image", "molmoact_ros/msg/ArmState"}
"""Types that begin with a std_msgs/Header and whose stamps are held against each other."""

_STAMP = 4
"""Where the stamp of such a message begins: behind the four bytes that say how it is serialized."""

_BODY = 12


class Arrivals:
    """One topic of a take. Times are nanoseconds of one clock that is passed in."""

    def __init__(self, type_name: str, *, pictures: bool = True, last: int | None = None) -> None:
        """Wait for the first message.

        Args:
            type_name: as the contract has it.
            pictures: whether to look for ones that repeat.
            last: the publisher's count of the newest message before, where one was seen.
        """
        self._stamped = type_name in HEADER_TYPES
        self._picture = pictures and type_name == "sensor_msgs/msg/Image"
        self._number = last
        self._newest: memoryview | None = None
        self._same_since_ns = 0
        self._least_age: float | None = None
        self.lost = 0

    def seen(self, now_ns: int, raw: bytes, number: int | None = None) -> None:
        """One message came.

        Args:
            now_ns: when.
            raw: serialized (CDR).
            number: the publisher's count of it, where there is only one publisher; a gap is a loss.
        """
        if number is not None and self._number is not None and number > self._number:
            self.lost += number - self._number - 1
        self._number = number
        if self._stamped and len(raw) >= _BODY:
            age = (now_ns - stamp_of(raw)) / NANOSECONDS
            self._least_age = age if self._least_age is None else min(self._least_age, age)
        if self._picture:
            body = memoryview(raw)[_BODY:]
            if self._newest is None or body != self._newest:  # compares up to the first difference only
                self._newest, self._same_since_ns = body, now_ns

    def frozen_for(self, now_ns: int) -> float:
        """Seconds for which the view has shown the very same picture; 0 for what is no view."""
        return 0.0 if self._newest is None else (now_ns - self._same_since_ns) / NANOSECONDS

    def take_age(self) -> float | None:
        """Least seconds from a message's stamp to its arrival since the last call; none where none came."""
        age, self._least_age = self._least_age, None
        return age


def stamp_of(raw: bytes) -> int:
    """The header's stamp (nanoseconds) of a serialized message that begins with one."""
    order = "<" if raw[1] & 1 else ">"
    seconds, rest = struct.unpack_from(f"{order}iI", raw, _STAMP)
    return int(seconds) * NANOSECONDS + int(rest)

"""From a frame's time stamp to the graph's clock: what a stamp means depends on the clock that made it."""

from enum import StrEnum
from math import floor

NANOSECONDS_PER_MS = 1_000_000


class StampDomain(StrEnum):
    """Clock of a frame's stamp."""

    GLOBAL = "global"  # device clock, translated by librealsense to the host's
    SYSTEM = "system"  # the host's, at arrival
    HARDWARE = "hardware"  # the device's own, with an unknown zero


def exposure_ns(timestamp_ms: float, domain: StampDomain, now_ns: int) -> int:
    """The exposure on the graph's clock, nanoseconds.

    Args:
        timestamp_ms: the frame's stamp, milliseconds.
        domain: clock of that stamp; a HARDWARE stamp cannot be translated, so `now_ns`, the arrival, stands for it.
        now_ns: arrival on the graph's clock.
    """
    if domain is StampDomain.HARDWARE:
        return now_ns
    whole = floor(timestamp_ms)  # nanoseconds of today's date are more than a float's 53 bits hold
    return whole * NANOSECONDS_PER_MS + round((timestamp_ms - whole) * NANOSECONDS_PER_MS)

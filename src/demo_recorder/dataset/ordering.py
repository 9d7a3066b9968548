"""Entries of a bag in the order of their own stamps: a picture is written long after it was exposed."""

import heapq
from collections.abc import Iterable, Iterator
from typing import Any

from demo_recorder.reading import Entry
from demo_recorder.records import ImageRecord

SETTLE_NS = 2_000_000_000
"""How much later than its stamp a message may be written; more than any camera's latency, and little memory."""


def stamp_of(entry: Entry) -> int:
    """The stamp in the message's header, nanoseconds."""
    record: Any = entry.record
    return int(record.stamp_ns)


def by_stamp(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The stamped entries, sorted; a picture comes behind the states of its own stamp, as it shows what they tell."""
    waiting: list[tuple[int, bool, int, Entry]] = []
    for number, entry in enumerate(entries):
        heapq.heappush(waiting, (stamp_of(entry), isinstance(entry.record, ImageRecord), number, entry))
        while waiting[0][0] <= entry.log_ns - SETTLE_NS:
            yield heapq.heappop(waiting)[3]
    while waiting:
        yield heapq.heappop(waiting)[3]

"""The queue between the node and the disk: bounded in bytes, never blocks whoever fills it, counts what it drops."""

import shutil
import threading
from collections import Counter, deque
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from demo_recorder.bag import BagSummary
from demo_recorder.contract import TakeOutcome
from demo_recorder.health import MEBIBYTE
from molmoact_common.errors import UserError


class StorageError(UserError):
    """The disk of a recording is full or refuses writes."""


class Bag(Protocol):
    """What the queue drains into (`BagRecorder`)."""

    path: Path

    @property
    def counts(self) -> Mapping[str, int]:
        """Messages written so far, by topic."""

    def write(self, topic: str, log_ns: int, raw: bytes) -> None:
        """Write one serialized message."""

    def close(self, drops: Mapping[str, int] | None = None, outcome: TakeOutcome | None = None) -> BagSummary:
        """Write the index."""

    def abort(self) -> None:
        """Let go without an index."""


class _Item(NamedTuple):
    topic: str
    log_ns: int
    raw: bytes


class RecordingQueue:
    """Writes messages to a bag on a thread of its own, which it starts and, in `close`, ends.

    Once the disk is full or refuses, `failure` says so, the bag is closed, and all further messages count as drops.
    A message that cannot be written as the contract says counts as a drop too; `refusals` says why, by topic.
    """

    def __init__(self, bag: Bag, *, limit_bytes: int, min_free_bytes: int) -> None:
        """Start the thread.

        Args:
            bag: only this thread touches it from now on.
            limit_bytes: of serialized messages that may wait.
            min_free_bytes: free space below which the bag is closed.
        """
        self.failure: StorageError | None = None
        self.refusals: dict[str, str] = {}
        self._bag = bag
        self._limit = limit_bytes
        self._min_free = min_free_bytes
        self._items: deque[_Item] = deque()
        self._waiting_bytes = 0
        self._unchecked_bytes = self._done = 0
        self._drops: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._ending = False
        self._outcome = TakeOutcome()
        self._lost_before: Mapping[str, int] = {}
        self._summary: BagSummary | None = None
        self._thread = threading.Thread(target=self._run, name="bag writer", daemon=True)
        self._thread.start()

    @property
    def counts(self) -> Mapping[str, int]:
        """Messages written so far, by topic."""
        return self._bag.counts

    @property
    def drops(self) -> dict[str, int]:
        """Messages dropped so far, by topic."""
        with self._changed:
            return dict(self._drops)

    def put(self, topic: str, log_ns: int, raw: bytes) -> bool:
        """Hand one message over; false where it was dropped. Never waits for the disk."""
        with self._changed:
            if self._ending or self.failure is not None or self._waiting_bytes + len(raw) > self._limit:
                self._drops[topic] += 1
                return False
            self._items.append(_Item(topic, log_ns, raw))
            self._waiting_bytes += len(raw)
            self._changed.notify()
            return True

    def close(
        self, outcome: TakeOutcome | None = None, lost: Mapping[str, int] | None = None, *, timeout_s: float = 30.0
    ) -> BagSummary | None:
        """Write what waits and close the bag; None where it could not be closed in order (see `failure`).

        Args:
            outcome: to be written into the bag.
            lost: messages that are known to have been lost before they could be handed over, by topic.
            timeout_s: seconds without progress after which the disk is given up.
        """
        with self._changed:
            self._outcome = outcome or self._outcome
            self._lost_before = lost or {}
            self._ending = True
            self._changed.notify()
        progress = -1
        while self._thread.is_alive() and progress != self._done:  # pictures that wait to be compressed take their time
            progress = self._done
            self._thread.join(timeout_s)
        if self._thread.is_alive():
            self.failure = StorageError(f"{self._bag.path}: the disk took no data for {timeout_s:g} s; check the disk")
        return self._summary

    def _run(self) -> None:
        try:
            self._check_space()
            while (item := self._next()) is not None:
                self._write(item)
            self._summary = self._bag.close(self._all_lost(), self._outcome)
        except StorageError as error:
            self._give_up(error)
            self._close_full_bag()
        except OSError as error:
            self._give_up(StorageError(f"cannot write {self._bag.path}: {error.strerror}; the bag has no index"))
            self._bag.abort()
        finally:
            if self._summary is None and self.failure is None:  # a defect: its traceback follows
                self._give_up(StorageError(f"the writer of {self._bag.path} broke; report its traceback"))

    def _all_lost(self) -> dict[str, int]:
        return dict(Counter(self.drops) + Counter(self._lost_before))

    def _next(self) -> _Item | None:
        with self._changed:
            while not self._items and not self._ending:
                self._changed.wait()
            return self._items.popleft() if self._items else None

    def _write(self, item: _Item) -> None:
        try:
            self._bag.write(*item)
        except ValueError as error:  # an image whose encoding the compression does not know
            with self._changed:
                self._drops[item.topic] += 1
                self.refusals[item.topic] = str(error)
        with self._changed:
            self._waiting_bytes -= len(item.raw)
        self._done += 1
        self._unchecked_bytes += len(item.raw)
        if self._unchecked_bytes >= MEBIBYTE:
            self._unchecked_bytes = 0
            self._check_space()

    def _check_space(self) -> None:
        free = shutil.disk_usage(self._bag.path).free
        if free < self._min_free:
            raise StorageError(
                f"{free // MEBIBYTE} MiB left on the disk of {self._bag.path}, {self._min_free // MEBIBYTE} are "
                "required; the recording ended and its bag is whole: free some space"
            )

    def _give_up(self, error: StorageError) -> None:
        with self._changed:
            self.failure = error
            self._drops.update(item.topic for item in self._items)
            self._items.clear()

    def _close_full_bag(self) -> None:
        try:
            self._summary = self._bag.close(self._all_lost(), TakeOutcome(ended=str(self.failure)))
        except OSError as error:
            self.failure = StorageError(f"cannot close {self._bag.path}: {error.strerror}; the bag has no index")
            self._bag.abort()

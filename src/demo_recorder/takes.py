"""Takes one after the other: what an operator may order when, and where each take goes."""

from collections import Counter
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path

from demo_recorder.contract import RecordingContract, RecordingInfo
from demo_recorder.folders import next_take, to_trash
from demo_recorder.health import Counted, HealthMonitor
from demo_recorder.take import Take, TakeReport
from molmoact_common.errors import UserError


class RecorderState(IntEnum):
    """As in RecorderStatus.msg."""

    IDLE = 0
    RECORDING = 1
    ENDED = 2


class Command(IntEnum):
    """As in EpisodeCommand.srv."""

    START = 0
    KEEP = 1
    DISCARD = 2
    REDO = 3
    MARK_SUCCESS = 4
    MARK_FAILURE = 5


class TakeError(UserError):
    """An order that cannot be followed now."""


class Takes:
    """Idle, recording, or ended by itself and waiting to be kept or discarded. One thread uses it."""

    def __init__(self, folder: Path, contract: RecordingContract, info: RecordingInfo) -> None:
        """Record nothing yet.

        Args:
            folder: of the takes; made where it is not there.
            contract: what is recorded.
            info: what is the same for every take; an order to start may replace parts of it.
        """
        self._folder = folder
        self._contract = contract
        self._info = info
        self._latched: dict[str, bytes] = {}
        self._heard: dict[str, int] = {}
        self._look_afresh()
        self._is_latched = {topic.name for topic in contract.topics if topic.qos == "latched"}
        self.take: Take | None = None

    @property
    def state(self) -> RecorderState:
        """What it does now."""
        if self.take is None:
            return RecorderState.IDLE
        return RecorderState.ENDED if self.take.over else RecorderState.RECORDING

    def start(self, now_ns: int, fields: Mapping[str, str] | None = None, path: Path | None = None) -> Path:
        """Begin a take.

        Args:
            now_ns: time of the graph's clock.
            fields: of RecordingInfo, in place of what was known; empty ones replace nothing.
            path: of the bag; None: the next one of the folder.

        Raises:
            TakeError: one is under way, or waits for its judgement.
            ConfigError: the folder cannot be written to.
        """
        if self.take is not None:
            raise TakeError(f"{self.take.path.name} is {self.state.name.lower()}; keep, discard or redo it first")
        given = {name: text for name, text in (fields or {}).items() if text}
        self._begin(path or next_take(self._folder), self._info.model_copy(update=given), now_ns)
        return self._take().path

    def keep(self) -> Path:
        """End the take under way, or accept one that ended by itself.

        Raises:
            TakeError: there is none, or the disk has refused it and left it without an index.
        """
        take = self._finish()
        if take.summary is None:
            raise TakeError(f"{take.failure}; once there is space: molmoact bags repair {take.path}")
        return take.path

    def discard(self) -> Path:
        """Move the take to the trash folder.

        Raises:
            TakeError: there is none.
        """
        return to_trash(self._finish().path)

    def redo(self, now_ns: int) -> Path:
        """Discard the take, and start again with what was known of it.

        Raises:
            TakeError: there is none.
        """
        info = self._take().info
        self.discard()
        self._heard.clear()  # what came while the bag was closed is not of this take, and no loss
        self._begin(next_take(self._folder), info, now_ns)
        return self._take().path

    def mark(self, *, success: bool, note: str = "") -> Path:
        """Judge the take; the last mark holds.

        Raises:
            TakeError: there is none.
        """
        take = self._take()
        take.mark(take.outcome.model_copy(update={"mark": "success" if success else "failure", "note": note}))
        return take.path

    def put(self, topic: str, now_ns: int, raw: bytes, number: int | None = None) -> None:
        """One serialized message. The newest of a latched topic is remembered: every take begins with it."""
        if number is not None:
            self._heard[topic] = number
        if topic in self._is_latched:
            self._latched[topic] = raw
        if self.take is not None:
            self.take.put(topic, now_ns, raw, number)
        else:
            self._idle.seen(topic, now_ns, raw, number)
            self._idle_counts[topic] += 1

    def report(self, now_ns: int) -> TakeReport:
        """How the take does, which ends here where its rules say so; while idle, what a take would get."""
        if self.take is not None:
            return self.take.report(now_ns)
        return TakeReport(0.0, 0, self._idle.report(now_ns, Counted(self._idle_counts, {}, {})), "")

    def close(self) -> Take | None:
        """The process ends: the take under way is closed and kept, and returned."""
        take, self.take = self.take, None
        if take is not None:
            take.end()
        return take

    def _look_afresh(self) -> None:
        self._idle = HealthMonitor(self._contract)
        self._idle_counts = Counter(dict.fromkeys((topic.name for topic in self._contract.topics), 0))

    def _begin(self, path: Path, info: RecordingInfo, now_ns: int) -> None:
        self.take = Take(path, self._contract, info, now_ns, self._heard)
        for topic, raw in self._latched.items():
            self.take.put(topic, now_ns, raw)

    def _take(self) -> Take:
        if self.take is None:
            raise TakeError("no take is under way; start one first")
        return self.take

    def _finish(self) -> Take:
        take, self.take = self._take(), None
        take.end()
        self._look_afresh()
        return take

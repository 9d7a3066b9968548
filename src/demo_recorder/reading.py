"""Reading a bag back: its contract, its information, and its messages as records in the order of their log time."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.rosbag2 import Reader, ReaderError

from demo_recorder.bag import CONTRACT_KEY, DROPS_KEY, INFO_KEY, OUTCOME_KEY
from demo_recorder.contract import COMPRESSED_SUFFIX, RecordingContract, RecordingInfo, TakeOutcome
from demo_recorder.decoding import DECODERS
from demo_recorder.records import Record
from molmoact_common.errors import UserError
from molmoact_common.yaml_config import Settings, validate

SettingsT = TypeVar("SettingsT", bound=Settings)


class BagError(UserError):
    """A bag is absent, was not closed, or holds something that cannot be decoded."""


class Entry(NamedTuple):
    """One message: live topic (without `/compressed`), log time (nanoseconds), and its record or bare message."""

    topic: str
    log_ns: int
    record: Record | Any


class BagReader:
    """A closed bag, opened for reading; use as a context manager."""

    def __init__(self, path: Path) -> None:
        """Open.

        Raises:
            BagError: no such bag, or it has no index (its recorder was killed).
        """
        self.path = path
        try:
            self._reader = AnyReader([path])
            self._reader.open()
        except FileNotFoundError as error:
            raise BagError(f"{path} is no closed bag: {_reason(path)}") from error
        except (AnyReaderError, ReaderError, ValueError) as error:
            raise BagError(f"cannot read bag {path}: {error}; it may be truncated") from error
        (rosbag,) = self._reader.readers
        self._custom = _custom_data(rosbag)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.close()

    @property
    def contract(self) -> RecordingContract | None:
        """The contract under which it was recorded; None in a bag of another recorder."""
        return self._embedded(CONTRACT_KEY, RecordingContract)

    @property
    def info(self) -> RecordingInfo:
        """What was known of the recording when it began; empty in a bag of another recorder."""
        return self._embedded(INFO_KEY, RecordingInfo) or RecordingInfo(software="unknown")

    @property
    def outcome(self) -> TakeOutcome:
        """How the recording ended, and what its operator thought of it."""
        return self._embedded(OUTCOME_KEY, TakeOutcome) or TakeOutcome()

    @property
    def drops(self) -> dict[str, int]:
        """Messages that the recorder lost, by topic."""
        return {topic: int(count) for topic, count in json.loads(self._custom.get(DROPS_KEY, "{}")).items()}

    @property
    def topics(self) -> dict[str, str]:
        """Live topic -> type of its messages in the bag."""
        return {live_topic(c.topic): c.msgtype for c in self._reader.connections}

    @property
    def digests(self) -> dict[str, str]:
        """Live topic -> hash of its type's definition (RIHS01), as its recorder knew it."""
        return {live_topic(c.topic): c.digest for c in self._reader.connections}

    @property
    def counts(self) -> dict[str, int]:
        """Live topic -> messages."""
        return {live_topic(c.topic): c.msgcount for c in self._reader.connections}

    @property
    def span_ns(self) -> tuple[int, int]:
        """Log time of the first message and of the last; (0, 0) in an empty bag."""
        if not self._reader.message_count:
            return 0, 0
        return self._reader.start_time, self._reader.end_time - 1  # rosbags ends behind the last message

    def times(self) -> Iterator[tuple[str, int]]:
        """Live topic and log time (nanoseconds) of every message, in the order of time; nothing is decoded."""
        for connection, log_ns, _ in self._reader.messages():
            yield live_topic(connection.topic), log_ns

    def entries(self, topics: Sequence[str] | None = None) -> Iterator[Entry]:
        """Messages of these live topics (None: all), in the order of their log time.

        Raises:
            BagError: a message that cannot be decoded; topic and log time are named.
        """
        wanted = [c for c in self._reader.connections if topics is None or live_topic(c.topic) in topics]
        if not wanted:  # rosbags reads no connections as all of them
            return
        for connection, log_ns, raw in self._reader.messages(wanted):
            topic, decode = live_topic(connection.topic), DECODERS.get(connection.msgtype, _unchanged)
            try:
                record = decode(self._reader.deserialize(raw, connection.msgtype))
            except (ValueError, IndexError, AssertionError, AnyReaderError) as error:
                raise BagError(f"{self.path}: cannot decode {topic} at {log_ns} ns: {error}") from error
            yield Entry(topic, log_ns, record)

    def _embedded(self, key: str, schema: type[SettingsT]) -> SettingsT | None:
        text = self._custom.get(key)
        return None if text is None else validate(json.loads(text), schema, f"{self.path} ({key})")


def live_topic(topic: str) -> str:
    """The name under which the messages of a bag's topic were published."""
    return topic.removesuffix(COMPRESSED_SUFFIX)


def _unchanged(message: Any) -> Any:
    return message


def _custom_data(rosbag: Any) -> dict[str, str]:
    return dict(rosbag.storage.metadata.custom or {}) if isinstance(rosbag, Reader) else {}


def _reason(path: Path) -> str:
    if not path.exists():
        return "there is nothing"
    return "it has no metadata.yaml, so its recorder was killed before it could write the index"

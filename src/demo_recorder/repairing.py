"""Makes a whole bag of one whose recorder was killed or whose disk was full: every whole chunk that is there."""

import json
import shutil
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mcap.exceptions import McapError
from mcap.records import Channel, Message, Schema
from mcap.stream_reader import StreamReader
from rosbags.interfaces import Connection
from rosbags.rosbag2 import Writer
from rosbags.rosbag2.metadata import parse_qos
from rosbags.typesys import get_types_from_msg
from rosbags.typesys.store import Typestore

from demo_recorder.bag import OUTCOME_KEY, UNFINISHED_FILE, open_writer
from demo_recorder.contract import TakeOutcome
from demo_recorder.folders import to_trash
from demo_recorder.types import recording_typestore
from molmoact_common.errors import UserError

LARGEST_RECORD = 2**30
"""Bytes; a record that claims more is rubbish behind the last whole one."""


class RepairError(UserError):
    """A bag that cannot be repaired."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What was recovered: messages, and where the broken bag lies now."""

    path: Path
    messages: int
    broken: Path


def repair_bag(path: Path) -> Repair:
    """Write the bag anew from its whole chunks, with index and metadata; the broken one goes to the trash folder.

    Raises:
        RepairError: nothing is broken, nothing can be read, or there is no space for the new bag.
    """
    if (path / "metadata.yaml").is_file():
        raise RepairError(f"{path} is closed; there is nothing to repair")
    files = sorted(path.glob("*.mcap"))
    if len(files) != 1:
        raise RepairError(f"{path} holds {len(files)} MCAP files, not one; this recorder did not write it")
    # Beside the bag, so that it can be put in its place in one step.
    with tempfile.TemporaryDirectory(prefix=".repair-", dir=path.parent) as scratch:
        fresh = Path(scratch) / path.name
        try:
            messages = _copy(files[0], fresh, _custom(path))
        except OSError as error:
            shutil.rmtree(fresh, ignore_errors=True)
            raise RepairError(f"cannot write the repaired {path}: {error.strerror}; free some space") from error
        broken = to_trash(path)
        fresh.rename(path)
    return Repair(path, messages, broken)


def whole_records(file: Path) -> Iterator[Schema | Channel | Message]:
    """Schemas, channels and messages of every chunk that is there to its end."""
    with file.open("rb") as stream:
        records = iter(StreamReader(stream, record_size_limit=LARGEST_RECORD).records)
        while True:
            try:
                record = next(records)
            except (StopIteration, McapError, struct.error, ValueError):  # what a cut-off record looks like
                return
            if isinstance(record, Schema | Channel | Message):
                yield record


def _copy(source: Path, target: Path, custom: dict[str, str]) -> int:
    copy = _Copy(target)
    for record in whole_records(source):
        copy.take(record)
    if not copy.messages:
        copy.writer.abort()
        raise RepairError(f"{source} holds no whole message; there is nothing to recover")
    for key, value in custom.items():
        copy.writer.set_custom_data(key, value)
    copy.writer.close()
    return copy.messages


class _Copy:
    """A new bag that is filled with the records of another."""

    def __init__(self, target: Path) -> None:
        self.writer: Writer = open_writer(target)
        self.messages = 0
        self._store: Typestore = recording_typestore()
        self._schemas: dict[int, Schema] = {}
        self._connections: dict[int, Connection] = {}

    def take(self, record: Schema | Channel | Message) -> None:
        if isinstance(record, Schema):
            self._schemas[record.id] = record
        elif isinstance(record, Channel):
            if record.id not in self._connections:
                self._connections[record.id] = self._connect(record)
        else:
            self.writer.write(self._connections[record.channel_id], record.log_time, record.data)
            self.messages += 1

    def _connect(self, channel: Channel) -> Connection:
        schema = self._schemas[channel.schema_id]
        definition = schema.data.decode()
        if schema.name not in self._store.types:
            self._store.register(get_types_from_msg(definition, schema.name))
        return self.writer.add_connection(
            channel.topic,
            schema.name,
            msgdef=definition,
            rihs01=self._store.hash_rihs01(schema.name),
            offered_qos_profiles=parse_qos(channel.metadata.get("offered_qos_profiles", "")),
        )


def _custom(path: Path) -> dict[str, str]:
    """What was known of the recording when it began, and that it was cut off."""
    file = path / UNFINISHED_FILE
    known: dict[str, str] = {}
    if file.is_file():
        try:
            known = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise RepairError(f"{file} is no JSON: {error}; remove it to repair the bag without contract") from error
    return {**known, OUTCOME_KEY: TakeOutcome(recovered=True).model_dump_json()}

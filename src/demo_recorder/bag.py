"""The bag that is written: rosbag2 with MCAP storage, serialized messages in, images compressed on the way.

A bag is whole once `close` has written the index and metadata.yaml. Killed before that, it keeps the MCAP chunks that
it had written (a MiB each, or a second of messages) and no index: `demo_recorder.repairing` makes a whole bag of them.
Until it is closed, a file beside the chunks tells what is known of the recording; then metadata.yaml does.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import yaml
from rclpy.serialization import deserialize_message, serialize_message
from rosbags.interfaces import Connection
from rosbags.rosbag2 import StoragePlugin, Writer, WriterError
from rosbags.rosbag2.storage_mcap import McapWriter
from sensor_msgs.msg import Image

from demo_recorder.contract import QOS_PROFILES, RecordingContract, RecordingInfo, TakeOutcome, TopicContract
from demo_recorder.types import bag_qos, recording_typestore
from molmoact_common.errors import ConfigError
from molmoact_common.ros.images import compress_image

CONTRACT_KEY = "molmoact.contract"
INFO_KEY = "molmoact.info"
DROPS_KEY = "molmoact.drops"
OUTCOME_KEY = "molmoact.outcome"

UNFINISHED_FILE = "unfinished.json"
"""Beside the chunks of a bag that is not closed: what `close` writes into its metadata."""

CHUNK_NS = 1_000_000_000
"""Log time after which a chunk goes to the disk however small it is, so that a killed recorder loses no more."""


@dataclass(frozen=True, slots=True)
class BagSummary:
    """What a closed bag holds: messages by topic of the contract, and those that were lost before the bag."""

    path: Path
    counts: Mapping[str, int]
    drops: Mapping[str, int] = field(default_factory=dict)


class BagRecorder:
    """One bag while it is written. Not for several threads at once."""

    def __init__(self, path: Path, contract: RecordingContract, info: RecordingInfo) -> None:
        """Create the bag.

        Args:
            path: folder of the bag; it must not exist.
            contract: what will be written.
            info: what is known about the recording.

        Raises:
            ConfigError: the folder exists or cannot be made, or a type of the contract has no definition here.
        """
        self.path = path
        self._contract = contract
        self._topics = {topic.name: topic for topic in contract.topics}
        self._counts: Counter[str] = Counter(dict.fromkeys(self._topics, 0))
        self._writer = open_writer(path)
        self._flushed_ns: int | None = None
        custom = {CONTRACT_KEY: contract.model_dump_json(), INFO_KEY: info.model_dump_json()}
        _write_unfinished(path, custom)
        for key, value in custom.items():
            self._writer.set_custom_data(key, value)
        self._connections = {topic.name: self._connect(topic) for topic in contract.topics}

    @property
    def counts(self) -> Mapping[str, int]:
        """Messages written so far, by topic of the contract."""
        return self._counts

    def write(self, topic: str, log_ns: int, raw: bytes) -> None:
        """Write one message.

        Args:
            topic: name of the contract (`TopicContract.name`).
            log_ns: when it was received (nanoseconds of the graph's clock).
            raw: serialized (CDR) message of the contract's type.

        Raises:
            KeyError: the contract does not name the topic.
            ValueError: the message is no image that the compression of its topic can carry.
            OSError: the disk takes no more.
        """
        spec = self._topics[topic]
        codec = spec.compression
        data = raw if codec == "none" else self._compressed(codec, raw)
        self._writer.write(self._connections[topic], log_ns, data)
        self._counts[topic] += 1
        self._flush(log_ns)

    def _flush(self, log_ns: int) -> None:
        """Hand the messages of a whole second over to the system, from where a killed process cannot lose them."""
        if self._flushed_ns is None or log_ns < self._flushed_ns:
            self._flushed_ns = log_ns
        storage = self._writer.storage
        if log_ns - self._flushed_ns < CHUNK_NS or not isinstance(storage, McapWriter):
            return
        if storage.chunk.bio.tell():
            storage.close_chunk()
        storage.bio.flush()
        self._flushed_ns = log_ns

    def close(self, drops: Mapping[str, int] | None = None, outcome: TakeOutcome | None = None) -> BagSummary:
        """Write index and metadata.

        Args:
            drops: by topic, what never came to `write`.
            outcome: how the recording ended.

        Raises:
            OSError: the disk takes no more; the bag then has no index.
        """
        lost = dict(drops or {})
        self._writer.set_custom_data(DROPS_KEY, json.dumps(lost))
        self._writer.set_custom_data(OUTCOME_KEY, (outcome or TakeOutcome()).model_dump_json())
        self._writer.close()
        (self.path / UNFINISHED_FILE).unlink()
        return BagSummary(self.path, dict(self._counts), lost)

    def abort(self) -> None:
        """Let go of the file without an index, after the disk refused a write."""
        self._writer.abort()

    def _connect(self, spec: TopicContract) -> Connection:
        store = recording_typestore()
        if spec.bag_type not in store.types:
            raise ConfigError(f"no definition of {spec.bag_type} ({spec.name}); remove the topic from the contract")
        profile = bag_qos(QOS_PROFILES[spec.qos])
        return self._writer.add_connection(
            spec.bag_topic, spec.bag_type, typestore=store, offered_qos_profiles=[profile]
        )

    def _compressed(self, codec: Literal["png", "jpeg"], raw: bytes) -> bytes:
        try:
            image = deserialize_message(raw, Image)
        except RuntimeError as error:  # what rclpy raises for bytes that are no such message
            raise ValueError("these bytes are no image message") from error
        quality = self._contract.jpeg_quality
        return serialize_message(compress_image(image, codec, jpeg_quality=quality))


def open_writer(path: Path) -> Writer:
    """A writer of a new bag, opened.

    Raises:
        ConfigError: the folder exists or cannot be made.
    """
    try:
        writer = Writer(path, version=Writer.VERSION_LATEST, storage_plugin=StoragePlugin.MCAP)
        writer.open()
    except WriterError as error:
        raise ConfigError(f"{path} exists already; choose another folder for the bag") from error
    except OSError as error:
        raise ConfigError(f"cannot create {path}: {error.strerror}; choose another folder for the bag") from error
    return writer


def _write_unfinished(path: Path, custom: Mapping[str, str]) -> None:
    try:
        (path / UNFINISHED_FILE).write_text(json.dumps(custom), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot write to {path}: {error.strerror}; choose another folder for the bag") from error


def mark_bag(path: Path, outcome: TakeOutcome) -> None:
    """Write how the recording ended into a closed bag, in place of what stood there."""
    file = path / "metadata.yaml"
    metadata = yaml.safe_load(file.read_text(encoding="utf-8"))
    metadata["rosbag2_bagfile_information"]["custom_data"][OUTCOME_KEY] = outcome.model_dump_json()
    draft = file.with_suffix(".yaml.tmp")
    draft.write_text(yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True), encoding="utf-8")
    draft.replace(file)

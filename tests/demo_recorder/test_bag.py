import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import yaml
from mcap.exceptions import EndOfFile
from mcap.records import Message
from mcap.stream_reader import StreamReader
from mcap_ros2.reader import read_ros2_messages
from rclpy.serialization import serialize_message
from std_msgs.msg import String

from demo_recorder.bag import CONTRACT_KEY, BagRecorder
from demo_recorder.contract import RecordingContract, RecordingInfo
from demo_recorder.reading import BagError, BagReader
from molmoact_common.errors import ConfigError
from molmoact_common.ros.images import image_to_message
from support.synthetic_run import CHUNKS, synthetic_contract

VIEW = "/camera/front/color/image_raw"


def image_contract(compression: str) -> RecordingContract:
    topic = {"topic": VIEW, "type": "sensor_msgs/msg/Image", "qos": "image", "compression": compression}
    return RecordingContract.model_validate({"name": "test", "topics": [topic]})


def recorded(path: Path, compression: str, picture: np.ndarray, encoding: str) -> np.ndarray:
    recorder = BagRecorder(path, image_contract(compression), RecordingInfo())
    recorder.write(VIEW, 7, serialize_message(image_to_message(picture, encoding, 5, "optical")))
    recorder.close()
    with BagReader(path) as reader:
        (entry,) = reader.entries()
        assert (entry.topic, entry.log_ns, entry.record.stamp_ns) == (VIEW, 7, 5)
        return entry.record.pixels()


def custom_data(path: Path) -> dict[str, str]:
    return yaml.safe_load((path / "metadata.yaml").read_text())["rosbag2_bagfile_information"]["custom_data"]


@pytest.mark.parametrize("compression", ["none", "png"])
@pytest.mark.parametrize(("encoding", "shape", "kind"), [("rgb8", (24, 31, 3), "u1"), ("16UC1", (24, 31), "u2")])
def test_lossless_image_comes_back_bit_for_bit(tmp_path, compression, encoding, shape, kind):
    picture = np.random.default_rng(3).integers(0, np.iinfo(kind).max, shape).astype(kind)
    back = recorded(tmp_path / "bag", compression, picture, encoding)
    assert back.dtype == picture.dtype
    assert np.array_equal(back, picture)


def test_jpeg_image_comes_back_close(tmp_path):
    picture = np.full((24, 32, 3), (180, 90, 30), np.uint8)
    assert np.abs(recorded(tmp_path / "bag", "jpeg", picture, "rgb8").astype(int) - picture).max() < 6


def test_image_that_the_compression_cannot_carry_is_an_error(tmp_path):
    recorder = BagRecorder(tmp_path / "bag", image_contract("png"), RecordingInfo())
    message = image_to_message(np.ones((4, 4), np.float32), "32FC1", 0, "optical")
    with pytest.raises(ValueError, match="32FC1"):
        recorder.write(VIEW, 0, serialize_message(message))
    assert recorder.close().counts == {VIEW: 0}


def test_other_readers_decode_own_messages_from_the_definitions_in_the_bag(synthetic_bag):
    chunks = list(read_ros2_messages(synthetic_bag / "bag.mcap", topics=["/policy/chunk"]))
    assert len(chunks) == CHUNKS - 1
    first = chunks[0].ros_msg
    assert (first.sequence, first.steps, first.dof, len(first.deltas)) == (1, 8, 7, 56)
    assert first.ledger.forward_passes == 41


def test_metadata_tells_the_type_hash_and_the_quality_of_service(synthetic_bag):
    information = yaml.safe_load((synthetic_bag / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    entries = [entry["topic_metadata"] for entry in information["topics_with_message_count"]]
    topics = {entry["name"]: entry for entry in entries}
    assert topics["/policy/chunk"]["type_description_hash"].startswith("RIHS01_")
    assert topics["/policy/instruction"]["offered_qos_profiles"][0]["durability"] == "transient_local"
    assert topics[f"{VIEW}/compressed"]["offered_qos_profiles"][0]["reliability"] == "best_effort"


def test_contract_and_information_travel_in_the_bag(synthetic_bag):
    assert json.loads(custom_data(synthetic_bag)[CONTRACT_KEY])["name"] == "synthetic"
    with BagReader(synthetic_bag) as reader:
        assert reader.contract == synthetic_contract()
        assert reader.info.cameras == ("front", "wrist")


def test_folder_that_exists_is_not_overwritten(tmp_path):
    with pytest.raises(ConfigError, match="exists already"):
        BagRecorder(tmp_path, synthetic_contract(), RecordingInfo())


def test_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"cannot create .*/file/bag"):
        BagRecorder(tmp_path / "file" / "bag", synthetic_contract(), RecordingInfo())


def test_type_without_a_definition_is_refused(tmp_path):
    topic = {"topic": "x", "type": "no_such_msgs/msg/Thing", "qos": "state"}
    contract = RecordingContract.model_validate({"name": "test", "topics": [topic]})
    with pytest.raises(ConfigError, match="no_such_msgs/msg/Thing"):
        BagRecorder(tmp_path / "bag", contract, RecordingInfo())


def test_bag_that_was_never_closed_says_so_and_keeps_its_complete_chunks(tmp_path):
    recorder = BagRecorder(tmp_path / "bag", synthetic_contract(), RecordingInfo())
    text = serialize_message(String(data="x" * 100_000))
    for count in range(30):
        recorder.write("/policy/instruction", count, text)
    recorder.abort()  # leaves what a killed process leaves
    with pytest.raises(BagError, match="recorder was killed"):
        BagReader(tmp_path / "bag")
    with (tmp_path / "bag" / "bag.mcap").open("rb") as stream:
        assert 20 <= _readable_messages(stream) < 30


def _readable_messages(stream) -> int:
    count = 0
    with suppress(EndOfFile):
        for record in StreamReader(stream).records:
            count += isinstance(record, Message)
    return count

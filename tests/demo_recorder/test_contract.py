from pathlib import Path

import pytest

from demo_recorder.contract import QOS_PROFILES, RecordingContract, RecordingInfo
from demo_recorder.types import recording_typestore
from molmoact_common.errors import ConfigError
from molmoact_common.yaml_config import load_settings, validate

DEFAULT = Path(__file__).parents[2] / "config/recording/default.yaml"
STATE = {"topic": "arm/arm/state", "type": "molmoact_ros/msg/ArmState", "qos": "state"}
IMAGE = {"topic": "/camera/front/color/image_raw", "type": "sensor_msgs/msg/Image", "qos": "image"}


def contract_of(*topics: dict[str, object]) -> RecordingContract:
    return validate({"name": "test", "topics": list(topics)}, RecordingContract, "test")


def test_default_contract_holds_both_views_and_everything_the_report_reads():
    names = {topic.name for topic in load_settings(DEFAULT, RecordingContract).topics}
    views = {f"/camera/{view}/color/{part}" for view in ("front", "wrist") for part in ("image_raw", "camera_info")}
    read = {"/arm/arm/state", "/policy/reasoning", "/policy/chunk", "/bridge/chunk_status", "/cell/state"}
    assert views | read <= names


def test_default_contract_is_lossless_and_all_its_types_have_definitions():
    topics = load_settings(DEFAULT, RecordingContract).topics
    assert {topic.compression for topic in topics} <= {"none", "png"}
    assert {topic.bag_type for topic in topics} <= set(recording_typestore().types)


def test_topic_of_a_namespace_is_held_as_in_none():
    topic = contract_of(STATE).topics[0]
    assert topic.name == topic.bag_topic == "/arm/arm/state"


def test_compressed_image_is_held_beside_its_raw_name():
    topic = contract_of({**IMAGE, "compression": "jpeg"}).topics[0]
    assert topic.name == "/camera/front/color/image_raw"
    assert topic.bag_topic == "/camera/front/color/image_raw/compressed"
    assert topic.bag_type == "sensor_msgs/msg/CompressedImage"


@pytest.mark.parametrize(
    ("topics", "said"),
    [
        ([{**STATE, "compression": "png"}], "compression png is for sensor_msgs/msg/Image only"),
        ([STATE, {**STATE, "topic": "/arm/arm/state"}], "/arm/arm/state is named more than once"),
        ([{**STATE, "topic": "arm//state"}], "topics.0.topic"),
        ([{**STATE, "type": "ArmState"}], "topics.0.type"),
        ([{**STATE, "qos": "fast"}], "topics.0.qos"),
        ([], "topics"),
    ],
)
def test_what_cannot_be_recorded_is_refused_in_one_line(topics, said):
    with pytest.raises(ConfigError, match=said) as refused:
        contract_of(*topics)
    assert "\n" not in str(refused.value)


def test_every_quality_of_service_that_a_contract_may_name_exists():
    assert {contract_of({**STATE, "qos": name}).topics[0].qos for name in QOS_PROFILES} == set(QOS_PROFILES)


def test_information_names_the_software_by_itself():
    assert RecordingInfo().software not in {"", "unknown"}

import json

import pytest

from demo_recorder.types import bag_qos, message_class, recording_typestore
from molmoact_common.errors import ConfigError
from molmoact_common.ros import qos
from molmoact_common.ros.nodes import share_directory

INTERFACES = sorted(path.stem for path in (share_directory() / "msg").glob("*.msg"))


@pytest.mark.parametrize("name", INTERFACES)
def test_type_hash_equals_that_of_the_installed_interfaces(name):
    described = json.loads((share_directory() / "msg" / f"{name}.json").read_text())
    hashes = {entry["type_name"]: entry["hash_string"] for entry in described["type_hashes"]}
    assert recording_typestore().hash_rihs01(f"molmoact_ros/msg/{name}") == hashes[f"molmoact_ros/msg/{name}"]


def test_latched_topic_is_offered_as_latched_at_replay():
    offered = bag_qos(qos.LATCHED)
    assert (offered.reliability.name, offered.durability.name, offered.depth) == ("RELIABLE", "TRANSIENT_LOCAL", 1)


def test_image_topic_is_offered_as_best_effort_at_replay():
    offered = bag_qos(qos.IMAGE)
    assert (offered.reliability.name, offered.durability.name) == ("BEST_EFFORT", "VOLATILE")


@pytest.mark.parametrize("name", ["no_such_msgs/msg/Thing", "std_msgs/msg/NoSuchThing"])
def test_type_that_is_not_installed_is_named(name):
    with pytest.raises(ConfigError, match=name):
        message_class(name)


def test_installed_type_is_the_generated_class():
    assert message_class("std_msgs/msg/String")(data="x").data == "x"

"""The recorder node in takes: its service, its status, and what lies in the folder afterwards."""

import json
from pathlib import Path

import numpy as np
import pytest
import rclpy
import yaml
from molmoact_ros.msg import RecorderStatus
from molmoact_ros.srv import EpisodeCommand
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_msgs.msg import String

from demo_recorder.folders import find_bags
from demo_recorder.node import RecorderNode
from demo_recorder.reading import BagReader
from molmoact_common.ros.images import image_to_message
from molmoact_common.ros.qos import IMAGE, LATCHED
from support.spinning import spin_until

DOMAIN = 69
VIEW, ORDER = "/camera/front/color/image_raw", "/policy/instruction"
CONTRACT = {
    "name": "test",
    "min_free_mb": 0,
    "topics": [
        {"topic": VIEW[1:], "type": "sensor_msgs/msg/Image", "qos": "image"},
        {"topic": ORDER[1:], "type": "std_msgs/msg/String", "qos": "latched"},
    ],
}
Request = EpisodeCommand.Request


class Operator:
    """A recorder, a camera, and a person at the service."""

    def __init__(self, context, folder: Path, **parameters: str) -> None:
        (folder / "contract.yaml").write_text(yaml.safe_dump(CONTRACT))
        given = {"contract": str(folder / "contract.yaml"), "metadata": json.dumps({"robot": ["arm"]}), **parameters}
        self.recorder = RecorderNode(
            context=context, parameter_overrides=[Parameter(name, value=value) for name, value in given.items()]
        )
        self.node = rclpy.create_node("operator", context=context)
        self.images = self.node.create_publisher(Image, VIEW[1:], IMAGE)
        self.client = self.node.create_client(EpisodeCommand, "recorder/episode")
        self.status = RecorderStatus()
        self.node.create_subscription(RecorderStatus, "recorder/status", self._on_status, LATCHED)
        self.order = self.node.create_publisher(String, ORDER[1:], LATCHED)
        self.order.publish(String(data="put it there"))
        self.executor = SingleThreadedExecutor(context=context)
        for node in (self.recorder, self.node):
            self.executor.add_node(node)

    def _on_status(self, message) -> None:
        self.status = message

    def publish(self) -> None:
        self.images.publish(image_to_message(np.zeros((4, 4, 3), np.uint8), "rgb8", 5, "optical"))

    def spin_until(self, done) -> None:
        spin_until(self.executor, done, self.publish)

    def order_of(self, command: int, **fields: str):
        self.spin_until(self.client.service_is_ready)
        future = self.client.call_async(Request(command=command, **fields))
        self.spin_until(future.done)
        return future.result()

    def close(self) -> None:
        self.recorder.close()
        for node in (self.recorder, self.node):
            node.destroy_node()


class Onlooker:
    """Sees the pictures on an executor of its own: what has come here has come to the recorder as well."""

    def __init__(self, context) -> None:
        self.seen = []
        self.node = rclpy.create_node("onlooker", context=context)
        self.node.create_subscription(
            Image, VIEW[1:], self.seen.append, QoSProfile(depth=60, reliability=ReliabilityPolicy.BEST_EFFORT)
        )
        self.executor = SingleThreadedExecutor(context=context)
        self.executor.add_node(self.node)


@pytest.fixture
def context():
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=DOMAIN)
    yield context
    rclpy.shutdown(context=context)


@pytest.mark.ros
def test_person_records_redoes_marks_and_keeps_a_take(context, tmp_path):
    person = Operator(context, tmp_path, takes=str(tmp_path / "demos"))
    person.spin_until(lambda: person.recorder.count_publishers(ORDER) and person.status.topics)
    assert person.status.state == RecorderStatus.IDLE
    started = person.order_of(Request.START, instruction="close the drawer", operator_name="ada")
    assert (started.success, Path(started.path).name) == (True, "take-0001")
    person.spin_until(lambda: person.status.state == RecorderStatus.RECORDING and person.status.seconds > 0)
    assert person.status.instruction == "close the drawer"
    assert not person.order_of(Request.START).success
    assert Path(person.order_of(Request.REDO).path).name == "take-0002"
    person.order_of(Request.MARK_SUCCESS)
    person.spin_until(lambda: person.status.mark == RecorderStatus.SUCCESS and person.status.rates[0] > 0)
    kept = person.order_of(Request.KEEP)
    person.spin_until(lambda: person.status.state == RecorderStatus.IDLE)
    person.close()
    assert find_bags([tmp_path]) == [Path(kept.path)]
    with BagReader(Path(kept.path)) as bag:
        assert (bag.outcome.mark, bag.info.instruction, bag.info.operator) == ("success", "close the drawer", "ada")
        assert bag.counts[VIEW] > 0
        assert [entry.record.text for entry in bag.entries([ORDER])] == ["put it there"]


@pytest.mark.ros
def test_what_came_before_the_order_to_keep_is_kept(context, tmp_path):
    person = Operator(context, tmp_path, takes=str(tmp_path / "demos"))
    person.spin_until(lambda: person.status.rates and person.status.rates[0] > 0)
    person.order_of(Request.START)
    onlooker = Onlooker(context)
    spin_until(onlooker.executor, lambda: onlooker.seen, person.publish)
    onlooker.seen.clear()
    for _ in range(20):
        person.publish()
    spin_until(onlooker.executor, lambda: len(onlooker.seen) >= 20)
    answer = EpisodeCommand.Response()
    person.recorder._on_command(Request(command=Request.KEEP), answer)  # before the executor turns again
    onlooker.node.destroy_node()
    person.close()
    with BagReader(Path(answer.path)) as bag:
        assert bag.counts[VIEW] >= 20


@pytest.mark.ros
def test_what_cannot_be_done_is_answered_and_not_done(context, tmp_path):
    person = Operator(context, tmp_path, takes=str(tmp_path / "demos"))
    assert "start one first" in person.order_of(Request.KEEP).message
    assert "not a valid Command" in person.order_of(77).message
    person.close()


@pytest.mark.ros
def test_recorder_of_a_whole_run_takes_marks_only(context, tmp_path):
    person = Operator(context, tmp_path, output=str(tmp_path / "bag"))
    assert "writes the whole run into one bag" in person.order_of(Request.DISCARD).message
    assert person.order_of(Request.MARK_FAILURE).success
    person.close()
    with BagReader(tmp_path / "bag") as bag:
        assert bag.outcome.mark == "failure"

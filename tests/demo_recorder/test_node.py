import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rclpy
import yaml
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_msgs.msg import String

from demo_recorder.node import RecorderNode, parse_info
from demo_recorder.reading import BagReader
from molmoact_common.errors import ConfigError
from molmoact_common.ros.images import image_to_message
from molmoact_common.ros.qos import EVENTS, IMAGE, LATCHED
from support.spinning import spin_until

DOMAIN = 67
PICTURE = np.random.default_rng(1).integers(0, 255, (24, 32, 3), np.uint8)
VIEW, ORDER, ABSENT = "/camera/front/color/image_raw", "/policy/instruction", "/tf_from_nowhere"
CONTRACT = {
    "name": "test",
    "min_free_mb": 0,
    "topics": [
        {"topic": VIEW[1:], "type": "sensor_msgs/msg/Image", "qos": "image", "compression": "png"},
        {"topic": ORDER[1:], "type": "std_msgs/msg/String", "qos": "latched"},
        {"topic": ABSENT, "type": "no_such_msgs/msg/Thing", "qos": "events", "optional": True},
    ],
}
MAIN = "from demo_recorder.node import main; raise SystemExit(main())"


@pytest.fixture
def context():
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=DOMAIN)
    yield context
    rclpy.shutdown(context=context)


@pytest.fixture
def parameters(tmp_path) -> dict[str, str]:
    path = tmp_path / "contract.yaml"
    path.write_text(yaml.safe_dump(CONTRACT))
    return {"contract": str(path), "output": str(tmp_path / "bag"), "metadata": '{"cameras": ["front"]}'}


def recorder_node(context, parameters, **arguments) -> RecorderNode:
    overrides = [Parameter(name, value=value) for name, value in parameters.items()]
    return RecorderNode(context=context, parameter_overrides=overrides, **arguments)


@pytest.mark.ros
@pytest.mark.parametrize("namespace", ["", "left"])
def test_published_messages_are_in_the_bag_whatever_the_namespace(context, parameters, namespace):
    recorder = recorder_node(context, parameters, namespace=namespace)
    source = rclpy.create_node("source", context=context, namespace=namespace)
    reports: list[DiagnosticArray] = []
    source.create_subscription(DiagnosticArray, "/diagnostics", reports.append, EVENTS)
    images = source.create_publisher(Image, VIEW[1:], IMAGE)
    source.create_publisher(String, ORDER[1:], LATCHED).publish(String(data="put it there"))
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(recorder)
    executor.add_node(source)

    def publish() -> None:
        images.publish(image_to_message(PICTURE, "rgb8", 42, "optical"))

    spin_until(executor, lambda: any(r.status[0].message == "recording" for r in reports), publish)
    recorder.close()
    for node in (recorder, source):
        node.destroy_node()
    with BagReader(Path(parameters["output"])) as bag:
        entries = {entry.topic: entry.record for entry in bag.entries()}
        assert bag.info.cameras == ("front",)
        assert set(bag.topics) == {VIEW, ORDER}
    assert np.array_equal(entries[VIEW].pixels(), PICTURE)
    assert entries[ORDER].text == "put it there"
    assert {value.key for value in reports[-1].status[0].values} == {VIEW, ORDER}


@pytest.mark.ros
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"contract": "/no/such/contract.yaml"}, "cannot read /no/such/contract.yaml"),
        ({"output": ""}, "parameter output is empty"),
        ({"metadata": "{"}, "parameter metadata is not JSON"),
        ({"metadata": "[]"}, "must be a JSON object"),
        ({"metadata": '{"camera": 1}'}, "parameter metadata: camera"),
    ],
)
def test_wrong_parameter_is_a_line(context, parameters, change, said):
    with pytest.raises(ConfigError, match=said):
        recorder_node(context, {**parameters, **change})


@pytest.mark.ros
def test_full_disk_ends_the_node_with_its_reason(context, parameters):
    path = Path(parameters["contract"])
    path.write_text(yaml.safe_dump({**CONTRACT, "min_free_mb": 2**40}))
    recorder = recorder_node(context, parameters)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(recorder)
    with pytest.raises(Exception, match="the recording ended and its bag is whole"):
        spin_until(executor, lambda: False)
    recorder.close()
    recorder.destroy_node()
    with BagReader(Path(parameters["output"])) as bag:
        assert sum(bag.counts.values()) == 0


@pytest.mark.ros
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_process_that_is_asked_to_end_leaves_a_whole_bag(context, parameters, end):
    quoted = {**parameters, "metadata": f"'{parameters['metadata']}'"}  # else ROS reads the JSON as YAML
    arguments = [text for name, value in quoted.items() for text in ("-p", f"{name}:={value}")]
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, "--ros-args", *arguments],
        env={**os.environ, "ROS_DOMAIN_ID": str(DOMAIN)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_for_diagnostics(context)
        process.send_signal(end)
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0, said
    assert "1 messages written, 0 lost" in said
    with BagReader(Path(parameters["output"])) as bag:
        assert [entry.record.text for entry in bag.entries()] == ["put it there"]


def _wait_for_diagnostics(context) -> None:
    """Until the recorder reports that it has written the latched instruction."""
    source = rclpy.create_node("source", context=context)
    source.create_publisher(String, ORDER[1:], LATCHED).publish(String(data="put it there"))
    written: list[str] = []

    def on_report(report: DiagnosticArray) -> None:
        written.extend(v.value for v in report.status[0].values if v.key == ORDER and ", 1 written" in v.value)

    source.create_subscription(DiagnosticArray, "/diagnostics", on_report, EVENTS)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(source)
    spin_until(executor, lambda: bool(written))
    source.destroy_node()


def test_no_metadata_is_no_mistake():
    assert parse_info("").cameras == ()

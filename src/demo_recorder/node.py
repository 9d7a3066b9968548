"""The recorder node: subscribes to every topic of a contract, undecoded, and hands the bytes to the bag's queue."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile

from demo_recorder.bag import BagRecorder
from demo_recorder.contract import IMAGE_TYPE, QOS_PROFILES, RecordingContract, RecordingInfo, TopicContract
from demo_recorder.health import HealthMonitor
from demo_recorder.queue import MEBIBYTE, RecordingQueue
from demo_recorder.types import message_class
from molmoact_common.errors import ConfigError
from molmoact_common.ros.nodes import run_node
from molmoact_common.ros.qos import EVENTS
from molmoact_common.yaml_config import load_settings, validate

IMAGE_DEPTH, OTHER_DEPTH = 10, 200
"""Messages that may wait in the middleware: the recorder wants every one, where live nodes want the newest."""


def subscription_qos(spec: TopicContract) -> QoSProfile:
    """What the recorder asks for: as published, with a longer queue."""
    offered = QOS_PROFILES[spec.qos]
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=IMAGE_DEPTH if spec.type == IMAGE_TYPE else OTHER_DEPTH,
        reliability=offered.reliability,
        durability=offered.durability,
    )


def parse_info(text: str) -> RecordingInfo:
    """The `metadata` parameter: a JSON object with fields of RecordingInfo; empty for none.

    Raises:
        ConfigError: no JSON object, or a field that the schema refuses.
    """
    try:
        values = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise ConfigError(f"parameter metadata is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError("parameter metadata must be a JSON object")
    return validate(values, RecordingInfo, "parameter metadata")


class RecorderNode(Node):
    """Records from its start to its end; SIGINT or SIGTERM ends it and closes the bag.

    Parameters: `contract` (path of a recording contract), `output` (folder of the bag, not there yet), `metadata`
    (JSON of RecordingInfo).
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("recorder", **node_arguments)
        contract = load_settings(Path(self._text("contract")), RecordingContract)
        info = parse_info(self._text("metadata"))
        output = self._text("output")
        if not output:
            raise ConfigError("parameter output is empty; name the folder that the bag shall be written to")
        contract = self._installed(contract)
        self._queue = RecordingQueue(
            BagRecorder(Path(output), contract, info),
            limit_bytes=contract.queue_mb * MEBIBYTE,
            min_free_bytes=contract.min_free_mb * MEBIBYTE,
        )
        self._health = HealthMonitor(contract)
        for spec in contract.topics:
            callback = partial(self._on_message, spec.name)
            self.create_subscription(message_class(spec.type), spec.topic, callback, subscription_qos(spec), raw=True)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", EVENTS)
        # Steady, so that a full disk is told even while simulated time stands.
        self.create_timer(1.0, self._report, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self.get_logger().info(f"recording {len(contract.topics)} topics into {output}")

    def close(self) -> None:
        """Write what waits, close the bag, and say what it holds."""
        failed_before = self._queue.failure is not None
        summary = self._queue.close()
        if summary is not None:
            written, lost = sum(summary.counts.values()), sum(summary.drops.values())
            sys.stderr.write(f"{summary.path}: {written} messages written, {lost} dropped\n")
        if self._queue.failure is not None and not failed_before:
            sys.stderr.write(f"{self._queue.failure}\n")

    def _text(self, name: str) -> str:
        return str(self.declare_parameter(name, "").value)

    def _installed(self, contract: RecordingContract) -> RecordingContract:
        """The contract without the optional topics whose message type is not installed."""
        kept = []
        for spec in contract.topics:
            try:
                message_class(spec.type)
            except ConfigError as error:
                if not spec.optional:
                    raise
                self.get_logger().warning(f"{spec.name} is not recorded: {error}")
            else:
                kept.append(spec)
        return contract.model_copy(update={"topics": tuple(kept)})

    def _on_message(self, topic: str, raw: bytes) -> None:
        self._queue.put(topic, self.get_clock().now().nanoseconds, raw)

    def _report(self) -> None:
        if self._queue.failure is not None:
            raise self._queue.failure
        now = self.get_clock().now()
        health = self._health.report(now.nanoseconds, self._queue.counts, self._queue.drops, self._queue.refusals)
        level = DiagnosticStatus.OK if health.good else DiagnosticStatus.WARN
        values = [KeyValue(key=topic, value=text) for topic, text in health.values.items()]
        status = DiagnosticStatus(
            level=level, name="recorder", message=health.message, hardware_id="recorder", values=values
        )
        message = DiagnosticArray(status=[status])
        message.header.stamp = now.to_msg()
        self._diagnostics.publish(message)


def main() -> int:
    """Run the recorder until SIGINT or SIGTERM."""
    return run_node(RecorderNode, threads=1)  # callbacks only hand bytes over

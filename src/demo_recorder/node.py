"""The recorder node: subscribes to every topic of a contract, undecoded, and hands the bytes to the bag's queue."""

import json
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from molmoact_ros.msg import RecorderStatus
from molmoact_ros.srv import EpisodeCommand
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile

from demo_recorder.contract import IMAGE_TYPE, QOS_PROFILES, RecordingContract, RecordingInfo, TopicContract
from demo_recorder.messages import diagnostics, recorder_status
from demo_recorder.queue import StorageError
from demo_recorder.takes import Command, TakeError, Takes
from demo_recorder.types import message_class
from molmoact_common.errors import ConfigError, UserError
from molmoact_common.ros.nodes import run_node
from molmoact_common.ros.qos import EVENTS, LATCHED
from molmoact_common.yaml_config import load_settings, validate

IMAGE_DEPTH, OTHER_DEPTH = 60, 500
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
    """Records one bag from its start to its end, or takes as it is told; SIGINT or SIGTERM closes what is open.

    Parameters: `contract` (path of a recording contract), `metadata` (JSON of RecordingInfo), and one of `output`
    (folder of the one bag, not there yet) and `takes` (folder of the takes, which service and topic are about).
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("recorder", **node_arguments)
        contract = load_settings(Path(self._text("contract")), RecordingContract)
        info = parse_info(self._text("metadata"))
        output, folder = self._text("output"), self._text("takes")
        if bool(output) == bool(folder):
            raise ConfigError(
                "parameter output is empty, and so is takes; name the folder of one bag, or that of takes"
                if not output
                else "parameters output and takes are both set; a recorder writes one bag, or takes"
            )
        self._contract = self._installed(contract)
        self._names = [topic.name for topic in self._contract.topics]
        self._whole_run = bool(output)
        self._takes = Takes(Path(folder), self._contract, info)
        if self._whole_run:
            self._takes.start(self._now_ns(), path=Path(output))
        self._listen()
        self.get_logger().info(f"recording {len(self._names)} topics into {output or folder}")

    def close(self) -> None:
        """Write what waits, close the bag, and say what it holds."""
        told_before = self._takes.take is not None and self._takes.take.over
        take = self._takes.close()
        if take is None:
            return
        if take.summary is not None:
            written, lost = sum(take.summary.counts.values()), sum(take.summary.drops.values())
            sys.stderr.write(f"{take.path}: {written} messages written, {lost} lost\n")
        if take.failure is not None and not told_before:
            sys.stderr.write(f"{take.failure}\n")

    def _text(self, name: str) -> str:
        return str(self.declare_parameter(name, "").value)

    def _now_ns(self) -> int:
        return int(self.get_clock().now().nanoseconds)

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

    def _listen(self) -> None:
        self._heard: dict[TopicContract, Any] = {}
        for spec in self._contract.topics:
            callback, kind = partial(self._on_message, spec), message_class(spec.type)
            self._heard[spec] = self.create_subscription(kind, spec.topic, callback, subscription_qos(spec), raw=True)
        self._numbered = set[str]()
        self._since_ns = 0
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", EVENTS)
        self._status = self.create_publisher(RecorderStatus, "recorder/status", LATCHED)
        self.create_service(EpisodeCommand, "recorder/episode", self._on_command)
        # Steady, so that a full disk is told even while simulated time stands.
        self.create_timer(1.0, self._report, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _on_message(self, spec: TopicContract, raw: bytes, info: Mapping[str, int]) -> None:
        if info["received_timestamp"] < self._since_ns and spec.qos != "latched":
            return  # it waited here while the take before was closed
        number = info["publication_sequence_number"] if spec.name in self._numbered else None
        self._takes.put(spec.name, self._now_ns(), raw, number)

    def _on_command(self, request: Any, response: Any) -> Any:
        try:
            response.path = str(self._obey(request))
            response.success = True
            response.message = f"{Command(request.command).name.lower()}: {response.path}"
        except (UserError, ValueError) as error:  # ValueError: a number that is no command
            response.message = str(error)
        self._report()
        return response

    def _obey(self, request: Any) -> Path:
        command = Command(request.command)
        if command in (Command.MARK_SUCCESS, Command.MARK_FAILURE):
            return self._takes.mark(success=command is Command.MARK_SUCCESS, note=request.note)
        if self._whole_run:
            raise TakeError("this recorder writes the whole run into one bag; start one with the parameter takes")
        if command is Command.START:
            fields = {name: getattr(request, name) for name in ("instruction", "task", "note")}
            return self._takes.start(self._now_ns(), {**fields, "operator": request.operator_name})
        if command is Command.REDO:
            path = self._takes.redo(self._now_ns())
            self._since_ns = time.time_ns()
            return path
        if command is Command.KEEP:
            self._take_in_the_rest()
        return self._takes.keep() if command is Command.KEEP else self._takes.discard()

    def _take_in_the_rest(self) -> None:
        """What had come before the order and waits in the middleware belongs to the take that is kept."""
        for spec, subscription in self._heard.items():
            handle = subscription.handle
            with handle:
                for _ in range(subscription_qos(spec).depth):
                    taken = handle.take_message(message_class(spec.type), True)
                    if taken is None:
                        break
                    self._on_message(spec, *taken)

    def _report(self) -> None:
        # With a second publisher, the counts of both come mixed and a gap says nothing.
        self._numbered = {s.name for s in self._contract.topics if self.count_publishers(s.topic) == 1}
        report = self._takes.report(self._now_ns())
        if self._whole_run and report.ended:
            raise StorageError(report.ended)
        self._status.publish(recorder_status(self._takes, report, self._names, self._now_ns()))
        self._diagnostics.publish(diagnostics(self._takes, report, self._now_ns()))


def main() -> int:
    """Run the recorder until SIGINT or SIGTERM."""
    return run_node(RecorderNode, threads=1)  # callbacks only hand bytes over

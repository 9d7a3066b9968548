"""The other side of a recorder in takes: orders to its service, and its status."""

import time
from typing import Any

import rclpy
from molmoact_ros.msg import RecorderStatus
from molmoact_ros.srv import EpisodeCommand
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from demo_recorder.takes import Command, RecorderState
from molmoact_bringup.record_keys import RecorderView
from molmoact_common.ros.qos import LATCHED


class RecordClient:
    """A ROS node of its own context: whoever uses it keeps the process's signals and default context."""

    def __init__(self, namespace: str = "") -> None:
        self.view = RecorderView()
        self.said = "waiting for the recorder"
        self._pending: Any = None
        self._answer: Any = None
        self._context = Context()
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node("molmoact_record", context=self._context, namespace=namespace)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._client = self._node.create_client(EpisodeCommand, "recorder/episode")
        self._node.create_subscription(RecorderStatus, "recorder/status", self._on_status, LATCHED)

    @property
    def busy(self) -> bool:
        """Whether an order waits for its answer."""
        return self._pending is not None

    def take_answer(self) -> Any:
        """The response to the last order, once; None while there is none."""
        answer, self._answer = self._answer, None
        return answer

    def order(self, command: Command, **fields: str) -> None:
        """Order something; `said` tells the answer once it has come. One order at a time."""
        if self.busy:
            self.said = "the recorder is still busy with the last order"
        elif not self._client.service_is_ready():
            self.said = "the recorder is not there yet"
        else:
            self.said = f"{command.name.lower()} …"
            self._pending = self._client.call_async(EpisodeCommand.Request(command=int(command), **fields))

    def spin(self, seconds: float) -> None:
        """Take in what comes within `seconds` of wall time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left)
        if self._pending is not None and self._pending.done():
            self._answer, self._pending = self._pending.result(), None
            self.said = self._answer.message

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown(timeout_sec=1.0)
        self._node.destroy_node()
        self._context.try_shutdown()

    def _on_status(self, message: Any) -> None:
        if not self.view.topics:
            self.said = ""
        self.view = RecorderView(
            state=RecorderState(message.state),
            path=message.path,
            instruction=message.instruction,
            mark=message.mark,
            seconds=message.seconds,
            size=message.bytes,
            topics=tuple(message.topics),
            rates=tuple(message.rates),
            lost=tuple(message.dropped),
            warnings=tuple(message.warnings),
            reason=message.reason,
        )

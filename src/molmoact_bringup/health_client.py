"""Listens to a running graph: /diagnostics and the state of its arms, into a health board."""

import time
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from molmoact_ros.msg import ArmState
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from molmoact_bringup.health import HealthBoard
from molmoact_common.ros import qos


class HealthClient:
    """A ROS node of its own context: whoever uses it keeps the process's signals and default context."""

    def __init__(self, board: HealthBoard, arms: tuple[str, ...], namespace: str = "") -> None:
        self._board = board
        self._context = Context()
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node("molmoact_health", context=self._context, namespace=namespace)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, qos.EVENTS)
        for arm in arms:
            self._node.create_subscription(ArmState, f"arm/{arm}/state", self._on_arm, qos.STATE)

    def spin(self, seconds: float) -> None:
        """Take in what comes within `seconds` of wall time; without traffic this only waits."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left)

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown(timeout_sec=1.0)
        self._node.destroy_node()
        self._context.try_shutdown()

    def _on_diagnostics(self, message: Any) -> None:
        for status in message.status:
            level = int.from_bytes(status.level, "little")
            self._board.node_reports(status.name, level, status.message, time.monotonic())

    def _on_arm(self, message: Any) -> None:
        self._board.arm_reports(
            message.arm,
            message.mode,
            time.monotonic(),
            reason=message.reason,
            command_step=message.command_step,
            dry_run=message.dry_run,
        )

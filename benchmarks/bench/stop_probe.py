"""Listens to one arm's states in a thread: when it was first told stopped, and how regularly states came."""

import threading
import time
from typing import Any

import rclpy
from molmoact_ros.msg import ArmState
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from molmoact_common.ros import qos


class StopProbe:
    """A ROS node of its own context; times are seconds of the monotonic clock."""

    def __init__(self, arm: str) -> None:
        self.gaps: list[float] = []
        """Seconds between two states, as they came."""
        self._last = 0.0
        self._stopped = threading.Event()
        self._stopped_at = 0.0
        self._context = Context()
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node("stop_probe", context=self._context, start_parameter_services=False)
        self._node.create_subscription(ArmState, f"arm/{arm}/state", self._on_state, qos.STATE)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def arm_for_stop(self) -> None:
        """Forget earlier stops."""
        self._stopped.clear()

    def stopped_at(self, patience: float) -> float | None:
        """When a state first said stopped since `arm_for_stop`; None: not within `patience` seconds."""
        return self._stopped_at if self._stopped.wait(patience) else None

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown()
        self._thread.join(5)
        self._node.destroy_node()
        self._context.try_shutdown()

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except ExternalShutdownException:
            return

    def _on_state(self, message: Any) -> None:
        now = time.monotonic()
        if self._last:
            self.gaps.append(now - self._last)
        self._last = now
        if message.mode == ArmState.STOPPED and not self._stopped.is_set():
            self._stopped_at = now
            self._stopped.set()

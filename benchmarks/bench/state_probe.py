"""Listens to one arm's states with the times at which the middleware sent and received each."""

from typing import Any

import rclpy
from molmoact_ros.msg import ArmState
from rclpy.context import Context
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions

from bench.arm_times import ArmTime
from molmoact_common.ros import qos
from molmoact_common.ros.stamps import to_nanoseconds

QUEUE = 1000
"""States that may wait between two calls of `take`: ten seconds."""

FOLLOWING = (ArmState.RUNNING, ArmState.HOLDING)


class StateProbe:
    """A ROS node of its own context; gathers the times of states in which the arm follows chunks."""

    def __init__(self, arm: str) -> None:
        self.times: list[ArmTime] = []
        self._context = Context()
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node("bench_probe", context=self._context, start_parameter_services=False)
        wide = QoSProfile(depth=QUEUE, reliability=qos.STATE.reliability, durability=qos.STATE.durability)
        self._states = self._node.create_subscription(ArmState, f"arm/{arm}/state", lambda _: None, wide)

    def take(self) -> None:
        """Take in what waits; an executor would look at every entity again for each message."""
        handle = self._states.handle
        with handle:
            while (taken := handle.take_message(ArmState, False)) is not None:
                self._on_state(*taken)

    def close(self) -> None:
        """Leave the graph."""
        self._node.destroy_node()
        self._context.try_shutdown()

    def _on_state(self, message: Any, info: Any) -> None:
        if message.mode in FOLLOWING:
            self.times.append(
                ArmTime(
                    number=info["publication_sequence_number"],
                    stamp_ns=to_nanoseconds(message.header.stamp),
                    robot_ms=int(message.robot_time_ms),
                    sent_ns=info["source_timestamp"],
                    received_ns=info["received_timestamp"],
                )
            )

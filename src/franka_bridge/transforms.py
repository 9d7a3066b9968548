"""Frames for ROS tools, where tf2_msgs is installed: a ROS 2 machine has it, the package index does not."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from rclpy.node import Node

from franka_bridge.config import ArmConfig
from franka_bridge.messages import base_frame, tcp_frame, transform
from franka_bridge.snapshot import ArmSnapshot
from molmoact_common.ros.qos import EVENTS, LATCHED


class Transforms:
    """Publishes world -> <arm>_base once and <arm>_base -> <arm>_hand_tcp as it moves; nothing without tf2_msgs."""

    def __init__(self, node: Node, arms: Mapping[str, ArmConfig]) -> None:
        self._message: Any = None
        if find_spec("tf2_msgs") is None:
            node.get_logger().info("tf2_msgs is not installed: /tf is not published")
            return
        from tf2_msgs.msg import TFMessage  # noqa: PLC0415  absent in a pip environment

        self._message = TFMessage
        self._moving = node.create_publisher(TFMessage, "/tf", EVENTS)
        self._static = node.create_publisher(TFMessage, "/tf_static", LATCHED)
        bases = [transform("world", base_frame(name), arm.base_in_world.pose(), 0) for name, arm in arms.items()]
        self._static.publish(TFMessage(transforms=bases))

    def publish(self, snapshots: Mapping[str, ArmSnapshot], now_ns: int) -> None:
        """Where each TCP is."""
        if self._message is None:
            return
        frames = [
            transform(base_frame(name), tcp_frame(name), snapshot.state.measured, now_ns)
            for name, snapshot in snapshots.items()
        ]
        self._moving.publish(self._message(transforms=frames))

"""What a camera of the running graph shows now."""

import time
from typing import Any

import numpy as np
import rclpy
from numpy.typing import NDArray
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image

from molmoact_common.errors import UnreachableError
from molmoact_common.ros import qos
from molmoact_common.ros.images import image_from_message


class LiveView:
    """One camera, through a ROS node of its own context: whoever uses it keeps the process's signals."""

    def __init__(self, camera: str, namespace: str = "") -> None:
        self._topic = f"camera/{camera}/color/image_raw"
        self._newest: Any = None
        self._context = Context()
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node("trial_view", context=self._context, namespace=namespace)
        self._node.create_subscription(Image, self._topic, self._on_image, qos.IMAGE)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)

    def look(self, seconds: float) -> NDArray[np.uint8]:
        """The next picture, RGB uint8 (height, width, 3).

        Raises:
            UnreachableError: none came within so many seconds of wall time.
        """
        self._newest, deadline = None, time.monotonic() + seconds
        while self._newest is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise UnreachableError(f"no picture on {self._topic} within {seconds:g} s; is `molmoact up` running?")
            self._executor.spin_once(timeout_sec=left)
        return image_from_message(self._newest)

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown(timeout_sec=1.0)
        self._node.destroy_node()
        self._context.try_shutdown()

    def _on_image(self, message: Any) -> None:
        self._newest = message

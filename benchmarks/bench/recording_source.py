"""Three cameras and an arm that publish at their rates, for as long as asked, and count."""

import time
from collections import Counter
from typing import Any

import numpy as np
import rclpy
import yaml
from molmoact_ros.msg import ArmState
from rclpy.context import Context
from sensor_msgs.msg import Image

from molmoact_common.errors import UnreachableError
from molmoact_common.ros.images import image_to_message
from molmoact_common.ros.qos import IMAGE, STATE
from molmoact_common.ros.stamps import to_time

VIEWS = tuple(f"/camera/{name}/color/image_raw" for name in ("front", "left_wrist", "right_wrist"))
ARM = "/arm/arm/state"
FRAME_HZ, STATE_HZ = 30, 100
MATCH_LIMIT = 30.0


def contract(compression: str) -> str:
    """The recording contract of what is published, as YAML."""
    views = [
        {"topic": view, "type": "sensor_msgs/msg/Image", "qos": "image", "compression": compression, "min_rate": 25}
        for view in VIEWS
    ]
    arm = {"topic": ARM, "type": "molmoact_ros/msg/ArmState", "qos": "state", "min_rate": 90}
    return yaml.safe_dump({"name": "benchmark", "queue_mb": 512, "min_free_mb": 200, "topics": [*views, arm]})


def pictures(count: int = 8) -> list[np.ndarray]:
    """Views of 640x480 that a camera might give: smooth, with a little noise of a sensor; uint8 (480, 640, 3)."""
    rng = np.random.default_rng(3)
    x, y = np.meshgrid(np.linspace(0, 3, 640), np.linspace(0, 3, 480))
    base = 120 + 60 * np.sin(np.stack([x + y, x - y, x * y], axis=-1))
    return [np.clip(base + rng.normal(0, 2, base.shape), 0, 255).astype(np.uint8) for _ in range(count)]


class _Publisher:
    """A participant of its own, as every camera and the bridge are: they do not share a segment of memory."""

    def __init__(self, topic: str) -> None:
        kind, profile = (ArmState, STATE) if topic == ARM else (Image, IMAGE)
        self._context = Context()
        rclpy.init(context=self._context)
        self._node = rclpy.create_node("recording_source", context=self._context)
        self._publisher = self._node.create_publisher(kind, topic, profile)

    @property
    def heard(self) -> bool:
        return bool(self._publisher.get_subscription_count())

    def publish(self, message: Any) -> None:
        message.header.stamp = to_time(self._node.get_clock().now().nanoseconds)
        self._publisher.publish(message)

    def close(self) -> None:
        self._node.destroy_node()
        self._context.try_shutdown()


class Source:
    """Publishers that stay; use `publish` once a take."""

    def __init__(self) -> None:
        self._publishers = {topic: _Publisher(topic) for topic in (*VIEWS, ARM)}
        self._pictures = [image_to_message(picture, "rgb8", 0, "optical") for picture in pictures()]

    def wait_for_recorder(self) -> None:
        """Until somebody listens to everything.

        Raises:
            UnreachableError: nobody does.
        """
        deadline = time.monotonic() + MATCH_LIMIT
        while not all(publisher.heard for publisher in self._publishers.values()):
            if time.monotonic() > deadline:
                raise UnreachableError("nobody listens to the benchmark's topics; see the recorder's log")
            time.sleep(0.05)

    def publish(self, seconds: float) -> Counter[str]:
        """Publish at the rates for so long; messages by topic."""
        sent: Counter[str] = Counter()
        begun = time.monotonic()
        for at, topic in schedule(seconds):
            time.sleep(max(0.0, begun + at - time.monotonic()))
            message = ArmState(arm="arm") if topic == ARM else self._pictures[sent[topic] % len(self._pictures)]
            self._publishers[topic].publish(message)
            sent[topic] += 1
        return sent

    def close(self) -> None:
        """Leave the graph."""
        for publisher in self._publishers.values():
            publisher.close()


def schedule(seconds: float) -> list[tuple[float, str]]:
    """(second, topic) of every message, in order."""
    frames = [(number / FRAME_HZ, view) for number in range(int(seconds * FRAME_HZ)) for view in VIEWS]
    states = [(number / STATE_HZ, ARM) for number in range(int(seconds * STATE_HZ))]
    return sorted(frames + states)

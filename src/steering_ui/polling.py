"""Topics that are looked at instead of listened to: a page shows ten a second of what comes a hundred times."""

from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile


class Polled:
    """The newest message of one topic. Its node belongs to no executor: nothing wakes for messages nobody looks at."""

    def __init__(self, node: Node, kind: Any, topic: str, qos: QoSProfile) -> None:
        self._kind = kind
        self._subscription = node.create_subscription(kind, topic, _never, qos)

    def take(self) -> Any:
        """What has come since the last look; None: nothing."""
        handle = self._subscription.handle
        with handle:
            taken = handle.take_message(self._kind, False)
        return None if taken is None else taken[0]


def _never(message: Any) -> None:
    raise RuntimeError("a polled topic has no executor")

"""Message types for a bag: their definitions, hashes and quality of service in the form that rosbags takes."""

from functools import cache
from importlib import import_module
from typing import Any

from rclpy.qos import QoSProfile
from rosbags.interfaces import Qos, QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from molmoact_common.errors import ConfigError
from molmoact_common.ros.nodes import share_directory

PACKAGE = "molmoact_ros"
_FOREVER = QosTime(9_223_372_036, 854_775_807)  # RMW_DURATION_INFINITE: no deadline, no lifespan


@cache
def recording_typestore() -> Typestore:
    """The standard types of ROS 2 Jazzy and this package's own, from their installed definitions."""
    store = get_typestore(Stores.ROS2_JAZZY)
    own = {}
    for path in sorted((share_directory() / "msg").glob("*.msg")):
        own.update(get_types_from_msg(path.read_text(encoding="utf-8"), f"{PACKAGE}/msg/{path.stem}"))
    store.register(own)
    return store


def message_class(name: str) -> Any:
    """The generated class of `package/msg/Name`.

    Raises:
        ConfigError: its package is not installed, or it has no such message.
    """
    package, _, message = name.split("/")
    try:
        return getattr(import_module(f"{package}.msg"), message)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"message type {name} is not installed; install {package}, or mark the topic optional"
        ) from error


def bag_qos(profile: QoSProfile) -> Qos:
    """`profile` for a bag's metadata, so that a replay offers what the live publisher offered."""
    return Qos(
        history=QosHistory.KEEP_LAST,
        depth=int(profile.depth),
        reliability=QosReliability[profile.reliability.name],
        durability=QosDurability[profile.durability.name],
        deadline=_FOREVER,
        lifespan=_FOREVER,
        liveliness=QosLiveliness.AUTOMATIC,
        liveliness_lease_duration=_FOREVER,
        avoid_ros_namespace_conventions=False,
    )

"""The recording contract: which topics a bag holds, how each is written, and what is said about the whole."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from pydantic import Field, model_validator
from rclpy.qos import QoSProfile

from molmoact_common.ros import qos
from molmoact_common.yaml_config import Settings

IMAGE_TYPE = "sensor_msgs/msg/Image"
COMPRESSED_TYPE = "sensor_msgs/msg/CompressedImage"
COMPRESSED_SUFFIX = "/compressed"
"""Of a topic's name in the bag where its images are compressed, as ROS's image transport has it."""

QosName = Literal["image", "state", "events", "latched"]
Compression = Literal["none", "png", "jpeg"]

QOS_PROFILES: Mapping[QosName, QoSProfile] = {
    "image": qos.IMAGE,
    "state": qos.STATE,
    "events": qos.EVENTS,
    "latched": qos.LATCHED,
}
"""The profiles of `molmoact_common.ros.qos` under the names that a contract uses."""


def software_version() -> str:
    """Version of this software, for records; "unknown" where it runs from sources that were never installed."""
    try:
        return version("molmoact-ros")
    except PackageNotFoundError:
        return "unknown"


class TopicContract(Settings):
    """One recorded topic.

    Attributes:
        topic: name on which it is published: in the recorder's own namespace, or with a leading slash in none. The
            bag names it as in no namespace, so that the same tools read the bags of every robot.
        type: as ROS writes it, `package/msg/Name`.
        qos: profile under which it is published; what the bag's metadata offers at replay.
        compression: of images: none writes them raw, png is lossless, jpeg is not. A compressed image is written on
            `<name>/compressed` as sensor_msgs/msg/CompressedImage.
        optional: nobody need publish it, and its type need not be installed.
    """

    topic: str = Field(pattern=r"^/?[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*$")
    type: str = Field(pattern=r"^[a-z][a-z0-9_]*/msg/[A-Z][A-Za-z0-9]*$")
    qos: QosName
    compression: Compression = "none"
    optional: bool = False

    @model_validator(mode="after")
    def _only_images_are_compressed(self) -> "TopicContract":
        if self.compression != "none" and self.type != IMAGE_TYPE:
            raise ValueError(f"compression {self.compression} is for {IMAGE_TYPE} only")
        return self

    @property
    def name(self) -> str:
        """The topic in no namespace: its name in counts, reports and records."""
        return f"/{self.topic.removeprefix('/')}"

    @property
    def bag_topic(self) -> str:
        """Name under which the bag holds it."""
        return self.name if self.compression == "none" else f"{self.name}{COMPRESSED_SUFFIX}"

    @property
    def bag_type(self) -> str:
        """Type with which the bag holds it."""
        return self.type if self.compression == "none" else COMPRESSED_TYPE


class RecordingContract(Settings):
    """What is recorded.

    Attributes:
        name: for records.
        jpeg_quality: 1..100, of the topics with compression jpeg.
        queue_mb: serialized messages (in 2**20 bytes) that may wait for the disk; more are dropped and counted.
        min_free_mb: free space (in 2**20 bytes) of the bag's disk below which the recording ends.
        topics: each named once.
    """

    name: str
    jpeg_quality: int = Field(default=95, ge=1, le=100)
    queue_mb: int = Field(default=256, ge=1, le=65536)
    min_free_mb: int = Field(default=500, ge=0)
    topics: tuple[TopicContract, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _topics_are_named_once(self) -> "RecordingContract":
        names = [topic.bag_topic for topic in self.topics]
        if doubled := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"topic {doubled[0]} is named more than once")
        return self


class RecordingInfo(Settings):
    """What is known about a recording before it starts.

    Attributes:
        instruction: what the robot is asked to do.
        task: name of the task, where it is one of config/tasks.
        operator: who teleoperates or supervises.
        robot: names of the arms.
        cameras: names of the cameras; the first is the one in whose image traces are drawn.
        policy: which checkpoint or backend moves the arms; empty for a person.
        software: version that records.
        time: of a simulated cell, how its world ran; empty on hardware.
    """

    instruction: str = ""
    task: str = ""
    operator: str = ""
    robot: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()
    policy: str = ""
    software: str = Field(default_factory=software_version)
    time: Literal["", "lockstep", "realtime"] = ""

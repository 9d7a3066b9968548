"""The recording contract: which topics a bag holds, how each is written, and what is said about the whole."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

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
Action = Literal["off", "warn", "end"]
"""What a rule of health does when it is broken: nothing, tell it, or end the take with it as the reason."""

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
        min_rate: messages a second below which the rule `rate` is broken; 0: any rate will do.
    """

    topic: str = Field(pattern=r"^/?[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*$")
    type: str = Field(pattern=r"^[a-z][a-z0-9_]*/msg/[A-Z][A-Za-z0-9]*$")
    qos: QosName
    compression: Compression = "none"
    optional: bool = False
    min_rate: float = Field(default=0.0, ge=0, le=10_000)

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


class HealthRules(Settings):
    """What may go wrong while a take is recorded, and what is done about it.

    Attributes:
        window: seconds over which rates are taken; a take is not judged by them before it is that old.
        rate: a topic comes more slowly than its `min_rate`.
        drops: more than `drops_limit` messages are known to be lost, in the middleware or before the disk.
        drops_limit: messages.
        frozen: a view repeats one picture for `frozen_after`. Off by default: a simulated camera sees a standing
            scene alike for as long as it stands, and the camera nodes hold frozen pictures of real ones back.
        frozen_after: seconds.
        skew: the stamps of cameras and arms, held against the moment of their arrival, differ by more than
            `skew_limit`: two clocks.
        skew_limit: seconds; twice the latency of a slow camera.
        disk: less than `disk_free_mb` are left on the bag's disk. Below the contract's `min_free_mb` every take ends.
        disk_free_mb: in 2**20 bytes.
    """

    window: float = Field(default=3.0, gt=0, le=60)
    rate: Action = "warn"
    drops: Action = "warn"
    drops_limit: int = Field(default=0, ge=0)
    frozen: Action = "off"
    frozen_after: float = Field(default=2.0, gt=0, le=60)
    skew: Action = "warn"
    skew_limit: float = Field(default=0.3, gt=0, le=60)
    disk: Action = "warn"
    disk_free_mb: int = Field(default=5000, ge=0)


class RecordingContract(Settings):
    """What is recorded.

    Attributes:
        name: for records.
        jpeg_quality: 1..100, of the topics with compression jpeg.
        queue_mb: serialized messages (in 2**20 bytes) that may wait for the disk; more are dropped and counted.
        min_free_mb: free space (in 2**20 bytes) of the bag's disk below which the recording ends.
        health: rules for the time of recording.
        topics: each named once.
    """

    name: str
    jpeg_quality: int = Field(default=95, ge=1, le=100)
    queue_mb: int = Field(default=256, ge=1, le=65536)
    min_free_mb: int = Field(default=500, ge=0)
    health: HealthRules = HealthRules()
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
        calibration: camera -> what its calibration file holds (pose against an arm, intrinsics, residuals).
        note: whatever the operator wants to be remembered.
    """

    instruction: str = ""
    task: str = ""
    operator: str = ""
    robot: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()
    policy: str = ""
    software: str = Field(default_factory=software_version)
    time: Literal["", "lockstep", "realtime"] = ""
    calibration: dict[str, Any] = Field(default_factory=dict)
    note: str = ""


class TakeOutcome(Settings):
    """How a recording ended.

    Attributes:
        mark: the operator's judgement.
        note: what the operator said with it.
        ended: why it ended by itself; empty where a person ended it.
        recovered: it was cut off and repaired: what came after the last whole chunk is not there.
    """

    mark: Literal["", "success", "failure"] = ""
    note: str = ""
    ended: str = ""
    recovered: bool = False

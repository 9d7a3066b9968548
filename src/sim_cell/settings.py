"""The scene file: arms, table and what stands on it, and the cameras with their calibration."""

from collections.abc import Mapping
from ipaddress import AddressValueError, IPv4Address
from math import atan, degrees
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from molmoact_common.errors import ConfigError
from molmoact_common.poses import Pose
from molmoact_common.yaml_config import Settings, load_settings
from sim_cell.object_settings import BlocksSettings, LooseTraySettings, Pair, Quadruple, TableSettings

Triple = tuple[float, float, float]
Joints = tuple[float, float, float, float, float, float, float]
CameraModel = Literal["D435", "D405"]

WORLD = "world"

HAND_TCP = (0.0, 0.0, 0.1034)
"""Position of the hand_tcp frame in the hand's frame, metres; axes are parallel (Franka hand, product manual)."""

LOOSE_TRAY = "tray"
"""Name of the loose tray among the objects."""


def hand_frame(arm: str) -> str:
    """Name of an arm's hand_tcp frame, as in /tf."""
    return f"{arm}_hand_tcp"


class ArmSettings(Settings):
    """One arm: where its base stands (metres; its axes are the world's) and its joints at the start (radians)."""

    base: Triple = (0.0, 0.0, 0.0)
    home: Joints

    @property
    def base_pose(self) -> Pose:
        """The base in the world."""
        return Pose(np.array(self.base), np.array([0.0, 0.0, 0.0, 1.0]))


class CameraSettings(Settings):
    """One camera's stream and calibration.

    Attributes:
        model: RealSense model that it appears as.
        width: pixels.
        height: pixels.
        rate: pictures a second of world time.
        focal: fx, fy in pixels; they must be equal, as MuJoCo draws square pixels.
        parent: frame that the pose is given in: world, or <arm>_hand_tcp.
        position: of the optical centre, metres.
        quaternion: of the optical frame (z forward, x right, y down), x y z w.
        depth: whether a depth picture, aligned with the colour, is drawn too.
    """

    model: CameraModel
    width: int = Field(ge=16, le=1920)
    height: int = Field(ge=16, le=1080)
    rate: float = Field(gt=0, le=90)
    focal: Pair
    parent: str
    position: Triple
    quaternion: Quadruple
    depth: bool

    @model_validator(mode="after")
    def _pixels_are_square(self) -> "CameraSettings":
        if self.focal[0] != self.focal[1] or self.focal[0] <= 0:
            raise ValueError("focal needs two equal, positive numbers")
        return self

    @property
    def pose(self) -> Pose:
        """The optical frame in the parent frame."""
        return Pose(np.array(self.position), np.array(self.quaternion) / np.linalg.norm(self.quaternion))

    @property
    def intrinsics(self) -> Quadruple:
        """fx, fy, ppx, ppy in pixels; whole coordinates are pixel centres, as in librealsense."""
        return (*self.focal, (self.width - 1) / 2, (self.height - 1) / 2)

    def at_height(self, height: int) -> "CameraSettings":
        """The same camera with pictures of another size: what it sees stays, the pixels are larger or smaller."""
        factor = height / self.height
        changes = {"width": round(self.width * factor), "height": height, "focal": (self.focal[0] * factor,) * 2}
        return self.model_copy(update=changes)

    @property
    def fovy(self) -> float:
        """Vertical field of view, degrees."""
        return degrees(2 * atan(self.height / 2 / self.focal[1]))


class DefaultSettings(Settings):
    """What goes with a scene where a person chooses nothing else: names in config/.

    Attributes:
        robot: in config/robots.
        task: in config/tasks.
        recording: in config/recording.
        policies: a policy that is asked for -> the one in config/policy that is meant in this scene.
    """

    robot: str
    task: str
    recording: str
    policies: Mapping[str, str] = Field(default_factory=dict)


class SceneSettings(Settings):
    """Everything in the world, and what goes with it.

    Attributes:
        defaults: what goes with the scene.
        arms: name -> arm; the order of an action's columns and of the hosts.
        table: the table.
        blocks: for a scene with one arm.
        loose_tray: for a scene with two arms.
        cameras: name -> camera; the first one's picture carries depth and traces.
    """

    defaults: DefaultSettings
    arms: dict[str, ArmSettings] = Field(min_length=1, max_length=2)
    table: TableSettings
    blocks: BlocksSettings | None = None
    loose_tray: LooseTraySettings | None = None
    cameras: dict[str, CameraSettings] = Field(min_length=1)

    @model_validator(mode="after")
    def _all_fits_together(self) -> "SceneSettings":
        for count, name in ((1, "blocks"), (2, "loose_tray")):
            if (getattr(self, name) is not None) != (len(self.arms) == count):
                raise ValueError(f"{name} go with {count} arm(s), and the other way round; there are {len(self.arms)}")
        if self.blocks is not None and any(any(arm.base) for arm in self.arms.values()):
            raise ValueError("the arm of a scene with blocks stands at the world's origin")
        frames = [WORLD, *map(hand_frame, self.arms)]
        for name, camera in self.cameras.items():
            if camera.parent not in frames:
                raise ValueError(f"cameras.{name}.parent {camera.parent!r} must be one of {', '.join(frames)}")
        return self

    @property
    def objects(self) -> tuple[str, ...]:
        """Names of what can be moved, in the order of a snapshot's rows."""
        return tuple(self.blocks.all) if self.blocks is not None else (LOOSE_TRAY,)

    def at_height(self, height: int) -> "SceneSettings":
        """The scene with every camera's pictures at this height."""
        return self.model_copy(update={"cameras": {name: one.at_height(height) for name, one in self.cameras.items()}})


def load_scene(path: Path) -> SceneSettings:
    """Read and validate a scene file.

    Raises:
        ConfigError: unreadable or not of this schema; the line names the field.
    """
    return load_settings(path, SceneSettings)


def hosts_of(scene: SceneSettings, first: str) -> dict[str, str]:
    """Address of each arm: `first`, and for another arm the next one.

    Raises:
        ConfigError: `first` is no IPv4 address where more than one is needed.
    """
    if len(scene.arms) == 1:
        return dict.fromkeys(scene.arms, first)
    try:
        return {arm: str(IPv4Address(first) + number) for number, arm in enumerate(scene.arms)}
    except AddressValueError as error:
        raise ConfigError(
            f"host {first!r}: two arms need an address like 127.0.0.1, the second gets the next"
        ) from error

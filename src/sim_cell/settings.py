"""The scene file: table, blocks, tray, where they may be placed, and the cameras with their calibration."""

from math import atan, degrees
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from molmoact_common.poses import Pose
from molmoact_common.yaml_config import Settings, load_settings

Pair = tuple[float, float]
Triple = tuple[float, float, float]
Quadruple = tuple[float, float, float, float]
Joints = tuple[float, float, float, float, float, float, float]

HAND_TCP = (0.0, 0.0, 0.1034)
"""Position of the hand_tcp frame in the hand's frame, metres; axes are parallel (Franka hand, product manual)."""

FINGER_STROKE = 0.08
"""Opening between the fingers at gripper opening 1, metres (Franka hand)."""


class TableSettings(Settings):
    """The table: a slab whose top is the plane z = 0 (metres, world)."""

    center: Pair
    size: Pair
    rgba: Quadruple


class TraySettings(Settings):
    """An open box on the table; `inner` is the free area between its walls (metres, world)."""

    center: Pair
    inner: Pair
    wall: float = Field(gt=0)
    height: float = Field(gt=0)
    rgba: Quadruple


class PlacementSettings(Settings):
    """Area that block centres are drawn from, their least distance, and the largest yaw (metres, radians)."""

    x: Pair
    y: Pair
    spacing: float = Field(gt=0)
    yaw: float = Field(ge=0, le=0.785)


class CameraSettings(Settings):
    """One camera's stream and calibration.

    Attributes:
        width: pixels.
        height: pixels.
        rate: pictures a second of world time.
        focal: fx, fy in pixels; they must be equal, as MuJoCo draws square pixels.
        parent: frame that the pose is given in.
        position: of the optical centre, metres.
        quaternion: of the optical frame (z forward, x right, y down), x y z w.
        depth: whether a depth picture, aligned with the colour, is drawn too.
    """

    width: int = Field(ge=16, le=1920)
    height: int = Field(ge=16, le=1080)
    rate: float = Field(gt=0, le=90)
    focal: Pair
    parent: Literal["world", "hand_tcp"]
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

    @property
    def fovy(self) -> float:
        """Vertical field of view, degrees."""
        return degrees(2 * atan(self.height / 2 / self.focal[1]))


class SceneSettings(Settings):
    """Everything in the world; the arm's base is the world's origin.

    Attributes:
        home: joints of the arm at the start, radians.
        table: the table.
        block_size: edge of a block, metres.
        block_mass: kilograms.
        blocks: name of each block -> its colour.
        tray: the tray.
        placement: where blocks may stand at the start.
        cameras: name -> camera.
    """

    home: Joints
    table: TableSettings
    block_size: float = Field(gt=0, le=FINGER_STROKE)
    block_mass: float = Field(gt=0)
    blocks: dict[str, Quadruple] = Field(min_length=1)
    tray: TraySettings
    placement: PlacementSettings
    cameras: dict[str, CameraSettings]


def load_scene(path: Path) -> SceneSettings:
    """Read and validate a scene file.

    Raises:
        ConfigError: unreadable or not of this schema; the line names the field.
    """
    return load_settings(path, SceneSettings)

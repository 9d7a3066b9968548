"""What stands on the table, in the scene file's words: blocks and their tray, or a loose tray with handles."""

from typing import Literal

from pydantic import Field

from molmoact_common.yaml_config import Settings

Pair = tuple[float, float]
Quadruple = tuple[float, float, float, float]

FINGER_STROKE = 0.08
"""Opening between the fingers at gripper opening 1, metres (Franka hand)."""


class TableSettings(Settings):
    """The table: a slab whose top is the plane z = 0 (metres, world)."""

    center: Pair
    size: Pair
    rgba: Quadruple


class AreaSettings(Settings):
    """Area that places are drawn from, and the largest yaw (metres, radians)."""

    x: Pair
    y: Pair
    yaw: float = Field(ge=0, le=0.785)


class PlacementSettings(AreaSettings):
    """Area that the centres of several things are drawn from, and their least distance (metres)."""

    spacing: float = Field(gt=0)


class TrayShape(Settings):
    """An open box; `inner` is the free area between its walls (metres)."""

    inner: Pair
    wall: float = Field(gt=0)
    height: float = Field(gt=0)
    rgba: Quadruple


class TraySettings(TrayShape):
    """A tray that stands fast on the table, its center in the world (metres)."""

    center: Pair


class BlocksSettings(Settings):
    """Blocks for one arm, and the tray that they go into.

    Attributes:
        size: edge of a block, or width and height of a standing cylinder, metres.
        mass: kilograms.
        shape: of each of them.
        noun: what one of them is called.
        colors: name of each block -> its colour; tasks are about these.
        distractors: blocks that no task is about.
        placement: where they may stand at the start.
        tray: the tray.
    """

    size: float = Field(gt=0, le=FINGER_STROKE)
    mass: float = Field(gt=0)
    shape: Literal["box", "cylinder"] = "box"
    noun: str = "block"
    colors: dict[str, Quadruple] = Field(min_length=1)
    distractors: dict[str, Quadruple] = Field(default_factory=dict)
    placement: PlacementSettings
    tray: TraySettings

    @property
    def all(self) -> dict[str, Quadruple]:
        """Name -> colour of every block, those that tasks are about first."""
        return self.colors | self.distractors


class HandleSettings(Settings):
    """An upright plate to take a tray by: extent along x, y and z, and the height at which it is gripped (metres)."""

    length: float = Field(gt=0)
    thickness: float = Field(gt=0, lt=FINGER_STROKE)
    height: float = Field(gt=0)
    grip: float = Field(gt=0)
    rgba: Quadruple


class LooseTraySettings(TrayShape):
    """A tray that two arms lift by the handles at its sides; its origin is the middle of its underside.

    Attributes:
        mass: of all of it, kilograms.
        handle: the handles, outside of the walls at +y and -y.
        placement: where its origin may be at the start.
    """

    mass: float = Field(gt=0)
    handle: HandleSettings
    placement: AreaSettings

    @property
    def handle_at(self) -> float:
        """Distance of a handle's middle from the tray's, along y, metres."""
        return self.inner[1] / 2 + self.wall + self.handle.thickness / 2

"""The loose tray: where its handles are, how far it leans, and which hands hold it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from molmoact_common.poses import Pose
from sim_cell.object_settings import FINGER_STROKE, LooseTraySettings

SIDES = (1.0, -1.0)
"""Side of the tray, along its y, that each arm takes it by, in the scene's order of arms."""

REACH = 0.025
"""A hand is at a handle when its TCP is this near the place to grip, metres."""

SLACK = 0.06
"""A gripper is closed on a handle when its opening is this near the handle's thickness."""


@dataclass(frozen=True, slots=True)
class Hand:
    """A hand as it is: pose of its TCP, and its opening, 0 closed .. 1 open."""

    tcp: Pose
    opening: float


def handles(tray: LooseTraySettings, pose: Pose, arms: Iterable[str]) -> dict[str, Pose]:
    """Arm name -> where it grips the tray; axes as the tray's.

    Args:
        tray: its shape.
        pose: of the tray, in any frame; the answer is in the same.
        arms: names in the scene's order.
    """
    places = (np.array([0.0, side * tray.handle_at, tray.handle.grip]) for side in SIDES)
    straight = np.array([0.0, 0.0, 0.0, 1.0])
    return {arm: pose @ Pose(place, straight) for arm, place in zip(arms, places, strict=True)}


def tilt(pose: Pose) -> float:
    """Angle between the tray's upward axis and the world's, radians, 0..pi."""
    return float(np.arccos(np.clip(pose.rotation().apply([0.0, 0.0, 1.0])[2], -1.0, 1.0)))


def held_by(tray: LooseTraySettings, pose: Pose, hands: Mapping[str, Hand]) -> list[str]:
    """Names of the arms that have their handle between closed fingers; `pose` and `hands` in one frame."""
    places = handles(tray, pose, hands)
    opening = tray.handle.thickness / FINGER_STROKE
    return [
        arm
        for arm, hand in hands.items()
        if hand.tcp.distance_to(places[arm])[0] < REACH and abs(hand.opening - opening) <= SLACK
    ]

"""Checks of all arms' targets at once: two arms keep apart, as rounded bars around their links."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import coal
import numpy as np
from scipy.spatial.transform import Rotation

from franka_bridge.gate.checks import Action, Situation
from franka_bridge.kinematics import FLANGE_FRAME, Kinematics
from franka_bridge.targets import Target, Targets
from molmoact_common.poses import Pose, Vector

Three = tuple[float, float, float]

_ROUNDING = 1e-6
"""Metres by which two arms have not come nearer."""


@dataclass(frozen=True, slots=True)
class Bar:
    """All that is nearer than `radius` to the line from `begin` to `end` (metres) in a frame of `joint_frames`."""

    frame: int
    begin: Three
    end: Three
    radius: float


def _hand(x: float, y: float, z: float) -> Three:
    """A point of the Franka hand in the flange's frame, to which it is turned by an eighth of a turn."""
    turned = Rotation.from_euler("z", -np.pi / 4).apply([x, y, z])
    return float(turned[0]), float(turned[1]), float(turned[2])


BARS = (
    Bar(0, (-0.063, 0.002, 0.046), (-0.012, -0.001, 0.053), 0.112),
    Bar(1, (0.0, -0.053, 0.0), (-0.003, -0.001, -0.143), 0.078),
    Bar(2, (-0.003, -0.002, 0.052), (-0.003, -0.143, 0.002), 0.079),
    Bar(3, (0.079, 0.042, -0.002), (0.0, 0.0, -0.076), 0.074),
    Bar(4, (0.024, -0.025, 0.055), (-0.082, 0.085, 0.0), 0.070),
    Bar(5, (-0.002, 0.065, 0.0), (-0.004, 0.012, -0.238), 0.071),
    Bar(6, (0.063, 0.002, 0.009), (0.032, 0.015, 0.015), 0.091),
    Bar(7, (-0.002, 0.0, 0.078), (0.032, 0.03, 0.079), 0.054),
    Bar(FLANGE_FRAME, _hand(0.0, 0.061, 0.031), _hand(0.0, -0.076, 0.021), 0.050),
    Bar(FLANGE_FRAME, _hand(0.0, 0.04, 0.08), _hand(0.0, -0.04, 0.08), 0.035),
)
"""An FR3 with the Franka hand, open: fitted around the meshes of franky-sim 1.0.4, and a millimetre more. What a lab
has mounted besides (a camera on a bracket) is not in them."""


def _capsule(bar: Bar) -> tuple[Any, Vector]:
    """The shape, which lies along z around its middle, and where that is in the bar's frame."""
    begin, end = np.array(bar.begin), np.array(bar.end)
    length = float(np.linalg.norm(end - begin))
    turn, _ = Rotation.align_vectors([(end - begin) / length], [[0.0, 0.0, 1.0]])
    return coal.Capsule(bar.radius, length), Pose((begin + end) / 2, turn.as_quat()).matrix()


_SHAPES, _PLACES = zip(*(_capsule(bar) for bar in BARS), strict=True)
_FRAMES = [bar.frame for bar in BARS]
_REACH = np.array([bar.radius + float(np.linalg.norm(np.subtract(bar.end, bar.begin))) / 2 for bar in BARS])
"""Metres from a bar's middle to its furthest point."""


def _placed(base: Vector, model: Kinematics, q: Vector) -> Vector:
    """Where each bar is in the world, shape (bars, 4, 4)."""
    frames = np.array(model.joint_frames(q))[_FRAMES]
    return np.asarray(base @ frames @ np.array(_PLACES))


@dataclass(frozen=True, slots=True)
class ArmsApart:
    """Two arms keep a distance (metres) from each other; nearer already, they may only part.

    `bases`: where each arm's base stands in the world.
    """

    bases: Mapping[str, Pose]
    distance: float
    name: str = "arms_apart"
    action: Action = Action.REFUSE
    figure: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "figure", f"{self.distance * 1e3:.0f} mm")

    def objection(self, situations: Mapping[str, Situation], targets: Targets) -> str:
        """See `TogetherCheck`."""
        for one, other in combinations(self.bases, 2):
            gap = self.gap(one, other, situations, targets)
            if gap is None or gap >= self.distance:
                continue
            before = self.gap(one, other, situations, {arm: each.commanded for arm, each in situations.items()})
            if before is None or gap < before - _ROUNDING:
                return (
                    f"{one} and {other} would come as near as {gap * 1e3:.0f} mm; {self.distance * 1e3:.0f} mm are kept"
                )
        return ""

    def gap(
        self, one: str, other: str, situations: Mapping[str, Situation], targets: Mapping[str, Target]
    ) -> float | None:
        """Metres between two arms at these targets, negative where they overlap.

        Infinite where it is easily seen to be more than is asked for; none where joints are not known.
        """
        placed = []
        for arm in (one, other):
            model, joints = situations[arm].model, targets[arm].joints
            if model is None or joints is None:
                return None
            placed.append(_placed(self.bases[arm].matrix(), model, joints))
        middles = np.linalg.norm(placed[0][:, None, :3, 3] - placed[1][None, :, :3, 3], axis=-1)
        near = np.argwhere(middles - _REACH[:, None] - _REACH[None, :] < self.distance)
        return min((_distance(a, placed[0][a], b, placed[1][b]) for a, b in near), default=np.inf)


def _distance(one: int, one_place: Vector, other: int, other_place: Vector) -> float:
    places = [coal.Transform3s(place[:3, :3], place[:3, 3]) for place in (one_place, other_place)]
    request, result = coal.DistanceRequest(), coal.DistanceResult()
    return float(coal.distance(_SHAPES[one], places[0], _SHAPES[other], places[1], request, result))

"""The blend from one chunk's plan to the next one's: an offset between them is worked off evenly, never in one step."""

from collections.abc import Sequence

import numpy as np
from scipy.spatial.transform import Rotation

from franka_bridge.targets import Target, Targets
from molmoact_common.poses import Pose


def blended(rows: Sequence[Targets], planned: Targets, commanded: Targets, step: float, turn: float) -> list[Targets]:
    """`rows` of a new chunk, led over from where the arms were really sent to.

    The first row of the result is off the new plan by less than `commanded` is off `planned`, each further one by a
    share less, and the last one not at all. A row is no longer than the plan's own and the part that is worked off in
    it: `step` and `turn`, or, where the rows are too few for that, an even share of the offset.

    Args:
        rows: absolute targets of the new plan.
        planned: where the new plan has the arms before its first row.
        commanded: where they were sent to by what came before.
        step: metres of offset that one row may work off.
        turn: rad of offset that one row may work off.
    """
    moved = {
        arm: _of_arm([row[arm] for row in rows], planned[arm].pose, commanded[arm].pose, (step, turn))
        for arm in commanded
    }
    return [{arm: moved[arm][index] for arm in moved} for index in range(len(rows))]


def _of_arm(rows: Sequence[Target], there: Pose, start: Pose, bounds: tuple[float, float]) -> list[Target]:
    shift = start.position - there.position
    twist = (start.rotation() * there.rotation().inv()).as_rotvec()
    needed = max(float(np.linalg.norm(shift)) / bounds[0], float(np.linalg.norm(twist)) / bounds[1], 1.0)
    rate = 1.0 / min(needed, max(len(rows), 1))
    left = [max(0.0, 1.0 - rate * count) for count in range(1, len(rows) + 1)]
    return [_shifted(row, share * shift, share * twist) for row, share in zip(rows, left, strict=True)]


def _shifted(target: Target, shift: np.ndarray, twist: np.ndarray) -> Target:
    if not shift.any() and not twist.any():
        return target
    turned = Rotation.from_rotvec(twist) * target.pose.rotation()
    return Target(Pose(target.pose.position + shift, turned.as_quat()), target.opening)

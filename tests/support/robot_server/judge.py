"""The limits of an FR3, held against every tick that a client commanded."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from support.robot_server.arm import TICK
from support.robot_server.record import Source
from support.robot_server.wire import Generator

TRANSLATION = (3.0, 9.0, 4500.0)
"""m/s, m/s2, m/s3: libfranka 0.21.2, rate_limiting.h; so are the next two."""
ROTATION = (2.5, 17.0, 8500.0)
"""rad/s, rad/s2, rad/s3."""
JOINT_SPEED = np.array([2.62, 2.62, 2.62, 2.62, 5.26, 4.18, 5.26])
JOINT_ACCELERATION, JOINT_JERK = 10.0, 5000.0
"""rad/s2, rad/s3, each joint."""
LOWER = np.array([-2.7501, -1.7918, -2.9065, -3.0481, -2.8101, 0.54092, -3.0196])
UPPER = np.array([2.7501, 1.7918, 2.9065, -0.1458, 2.8101, 4.5205, 3.0196])
"""rad: libfranka's fr3.urdf; so are the next two, which make the speed bound near the ends."""
OFFSET = np.array([0.30, 0.20, 0.20, 0.30, 0.35, 0.35, 0.35])
DECELERATION = np.array([6.0, 2.585, 3.5, 4.0, 17.0, 5.5, 17.0])


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit that was passed: the worst tick of one motion, and by how much (1: just at the limit)."""

    what: str
    tick: int
    share: float

    def __str__(self) -> str:
        return f"{self.what} at {self.share:.2f} of its limit, tick {self.tick}"


def breaches(rows: np.ndarray) -> list[Breach]:
    """Every limit that the client's commands passed, once a motion."""
    return [breach for breach in shares(rows) if breach.share > 1.0]


def shares(rows: np.ndarray) -> Iterator[Breach]:
    """How much of each limit each motion used at most."""
    for motion in np.unique(rows["motion"]):
        if motion and (part := rows[rows["motion"] == motion])[0]["source"] != Source.BRAKING:
            yield from _of_motion(part[part["source"] != Source.BRAKING], ended=part[-1]["source"] == Source.STANDING)


def _of_motion(rows: np.ndarray, *, ended: bool) -> Iterator[Breach]:
    """`ended`: by the client, so that its last position is held and coming to rest there is judged too."""
    # Rows of the same position before the first and after the last command: motion starts from rest and ends in it.
    rows = np.concatenate([rows[:1].repeat(3), rows, rows[-1:].repeat(3 if ended else 0)])
    if rows[-1]["generator"] == Generator.CARTESIAN_POSE:
        yield from _differences(rows, "translation", rows["pose"][:, :3, 3], TRANSLATION)
        yield from _differences(rows, "rotation", _turns(rows["pose"][:, :3, :3]), ROTATION, turned=True)
    yield from _joints(rows)


def _turns(rotations: np.ndarray) -> np.ndarray:
    """Rotation vectors from each tick to the next."""
    turns = Rotation.from_matrix(rotations)
    return np.asarray((turns[1:] * turns[:-1].inv()).as_rotvec())


def _differences(
    rows: np.ndarray, what: str, values: np.ndarray, limits: tuple[float, ...], *, turned: bool = False
) -> Iterator[Breach]:
    rate = (values if turned else np.diff(values, axis=0)) / TICK
    for order, limit in zip(("speed", "acceleration", "jerk"), limits, strict=True):
        yield _worst(rows, f"{what} {order}", np.linalg.norm(rate, axis=1) / limit)
        rate = np.diff(rate, axis=0) / TICK


def _joints(rows: np.ndarray) -> Iterator[Breach]:
    q = rows["q"]
    speed = np.diff(q, axis=0) / TICK
    acceleration = np.diff(speed, axis=0) / TICK
    jerk = np.diff(acceleration, axis=0) / TICK
    yield _worst(rows, "joint position", (np.abs(q - (UPPER + LOWER) / 2) / ((UPPER - LOWER) / 2)).max(axis=1))
    bound = np.where(speed > 0, _fastest(UPPER - q[1:]), _fastest(q[1:] - LOWER))
    yield _worst(rows, "joint speed", (np.abs(speed) / bound).max(axis=1))
    yield _worst(rows, "joint acceleration", np.abs(acceleration).max(axis=1) / JOINT_ACCELERATION)
    yield _worst(rows, "joint jerk", np.abs(jerk).max(axis=1) / JOINT_JERK)


def _fastest(room: np.ndarray) -> np.ndarray:
    """rad/s that each joint may have so far (rad) from the end of its range; never quite nothing."""
    return np.clip(np.sqrt(2 * DECELERATION * np.maximum(room, 0.0)) - OFFSET, 1e-3, JOINT_SPEED)


def _worst(rows: np.ndarray, what: str, used: np.ndarray) -> Breach:
    at = int(used.argmax())
    return Breach(what, int(rows["tick"][at + len(rows) - len(used)]), float(used[at]))

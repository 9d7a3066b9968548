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


def breaches(rows: np.ndarray, since: int = 0) -> list[Breach]:
    """Every limit that the client's commands passed, once a motion; see `shares`."""
    return [breach for breach in shares(rows, since) if breach.share > 1.0]


def shares(rows: np.ndarray, since: int = 0) -> list[Breach]:
    """How much of each limit each motion used at most, at its worst tick.

    Args:
        rows: of a record, whole motions.
        since: ticks before this one are not judged.
    """
    found: list[Breach] = []
    for motion in np.unique(rows["motion"][rows["motion"] > 0]):
        part = _from_rest(rows[rows["motion"] == motion])
        if len(part):
            found += [worst for name, used in _used(part) if (worst := _worst(part["tick"], name, used, since))]
    return found


def _from_rest(rows: np.ndarray) -> np.ndarray:
    """What the client commanded, between the rest that it began from and, where it was it that ended, came to."""
    ended = rows[-1]["source"] == Source.STANDING
    rows = rows[rows["source"] != Source.BRAKING]
    held = rows[-1:].repeat(3 if ended else 0)
    held["tick"] += 1 + np.arange(len(held))
    return np.concatenate([rows[:1].repeat(3), rows, held])


Used = Iterator[tuple[str, np.ndarray]]
"""Name of a limit, and the share of it that was used at each of the last ticks."""


def _used(rows: np.ndarray) -> Used:
    yield from _of_joints(rows)
    if rows[-1]["generator"] == Generator.CARTESIAN_POSE:
        yield from _differences("translation", np.diff(rows["pose"][:, :3, 3], axis=0), TRANSLATION)
        yield from _differences("rotation", _turns(rows["pose"][:, :3, :3]), ROTATION)


def _turns(rotations: np.ndarray) -> np.ndarray:
    """Rotation vectors from each tick to the next."""
    turns = Rotation.from_matrix(rotations)
    return np.asarray((turns[1:] * turns[:-1].inv()).as_rotvec())


def _differences(what: str, steps: np.ndarray, limits: tuple[float, ...]) -> Used:
    rate = steps / TICK
    for order, limit in zip(("speed", "acceleration", "jerk"), limits, strict=True):
        yield f"{what} {order}", np.linalg.norm(rate, axis=1) / limit
        rate = np.diff(rate, axis=0) / TICK


def _of_joints(rows: np.ndarray) -> Used:
    q = rows["q"]
    speed = np.diff(q, axis=0) / TICK
    acceleration = np.diff(speed, axis=0) / TICK
    jerk = np.diff(acceleration, axis=0) / TICK
    yield "joint position", (np.abs(q - (UPPER + LOWER) / 2) / ((UPPER - LOWER) / 2)).max(axis=1)
    bound = np.where(speed > 0, _fastest(UPPER - q[1:]), _fastest(q[1:] - LOWER))
    yield "joint speed", (np.abs(speed) / bound).max(axis=1)
    yield "joint acceleration", np.abs(acceleration).max(axis=1) / JOINT_ACCELERATION
    yield "joint jerk", np.abs(jerk).max(axis=1) / JOINT_JERK


def _fastest(room: np.ndarray) -> np.ndarray:
    """rad/s that each joint may have so far (rad) from the end of its range; never quite nothing."""
    return np.clip(np.sqrt(2 * DECELERATION * np.maximum(room, 0.0)) - OFFSET, 1e-3, JOINT_SPEED)


def _worst(ticks: np.ndarray, what: str, used: np.ndarray, since: int) -> Breach | None:
    """The largest share from `since` on, if there is one."""
    ticks = ticks[-len(used) :]
    used = used[ticks >= since]
    return Breach(what, int(ticks[ticks >= since][used.argmax()]), float(used.max())) if len(used) else None

"""Figures of how an arm moved, from its positions at each tick of 1 ms; lengths in metres, speeds in m/s."""

import numpy as np
from numpy.typing import NDArray

Path = NDArray[np.float64]
"""Shape (ticks, 3)."""

WINDOW = 5
"""Ticks over which a speed is taken: one tick of a simulated arm shows the noise of its solver."""

SLOW = 1e-3
"""m/s below which an arm counts as standing."""


def speeds(path: Path) -> NDArray[np.float64]:
    """Speed at each tick from the fifth on; empty where there are no more."""
    return np.asarray(np.linalg.norm(path[WINDOW:] - path[:-WINDOW], axis=1) / (WINDOW / 1000))


def ticks_to_rest(path: Path) -> int:
    """Ticks from the first on until the arm stands for good; all of them where it never does."""
    moving = np.flatnonzero(speeds(path) >= SLOW)
    return int(moving[-1]) + WINDOW if len(moving) else 0


def dip(path: Path, borders: list[int], before: int, after: int) -> float:
    """By which share of cruise the speed falls at worst from `before` to `after` ticks around a border of two chunks.

    Cruise is the median speed of the whole path, so give it without its ends.
    """
    speed = speeds(path)
    near = np.concatenate([speed[max(0, border - before) : border + after] for border in borders])
    return float(1.0 - near.min() / np.median(speed))


def filled(path: Path) -> Path:
    """`path` from the first row that is known, and where none is the one before; empty where there is none."""
    known = np.flatnonzero(~np.isnan(path).any(axis=1))
    if not len(known):
        return path[:0]
    newest = known[np.searchsorted(known, np.arange(known[0], len(path)), side="right") - 1]
    return path[newest]


def off_path(path: Path, corners: Path) -> NDArray[np.float64]:
    """Distance of each position to the nearest point of the line through `corners`, shape (ticks,)."""
    start, way = corners[:-1], np.diff(corners, axis=0)
    length = np.maximum((way**2).sum(axis=1), 1e-12)
    share = np.clip(np.einsum("tsk,sk->ts", path[:, None] - start, way) / length, 0.0, 1.0)
    nearest = start + share[..., None] * way
    return np.asarray(np.linalg.norm(path[:, None] - nearest, axis=2).min(axis=1))


def behind(path: Path, targets: list[tuple[int, NDArray[np.float64]]], first: int) -> NDArray[np.float64]:
    """Distance of each position to the setpoint of that moment, evenly between the setpoints' own ticks.

    Args:
        path: from tick `first` on.
        targets: tick and position of each setpoint, in order.
        first: tick of the path's first row.
    """
    ticks = np.array([tick for tick, _ in targets])
    positions = np.array([position for _, position in targets])
    now = np.arange(first, first + len(path))
    setpoint = np.stack([np.interp(now, ticks, positions[:, axis]) for axis in range(3)], axis=1)
    return np.asarray(np.linalg.norm(path - setpoint, axis=1))

"""What the robot was told at each of its ticks, and how fast it went."""

from enum import IntEnum

import numpy as np

ROW = np.dtype(
    [("tick", "i8"), ("motion", "i8"), ("source", "i1"), ("generator", "i1"), ("pose", "f8", (4, 4)), ("q", "f8", 7)]
)


class Source(IntEnum):
    """Where a tick's position came from."""

    STANDING = 0
    CLIENT = 1
    EXTRAPOLATED = 2
    BRAKING = 3


class Record:
    """One row a tick, in 64-bit numbers; grows as needed."""

    def __init__(self) -> None:
        self._rows = np.zeros(4096, ROW)
        self._length = 0

    def add(self, row: tuple[object, ...]) -> None:
        """One more tick, fields as in `ROW`."""
        if self._length == len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
        self._rows[self._length] = row
        self._length += 1

    def rows(self, since: int = 0) -> np.ndarray:
        """A copy of the rows from tick `since` on."""
        rows = self._rows[: self._length]
        return rows[np.searchsorted(rows["tick"], since) :].copy()

    def clear(self) -> None:
        """Forget everything."""
        self._length = 0


def speeds(rows: np.ndarray) -> np.ndarray:
    """m/s of the end effector at each tick but the first."""
    return np.linalg.norm(np.diff(rows["pose"][:, :3, 3], axis=0), axis=1) / 0.001


def travelled(rows: np.ndarray) -> float:
    """Metres of way of the end effector over these ticks."""
    return float(np.linalg.norm(np.diff(rows["pose"][:, :3, 3], axis=0), axis=1).sum())

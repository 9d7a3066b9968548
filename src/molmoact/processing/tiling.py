"""How a large picture is covered by overlapping crops, and how crops become rows of flattened patches."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TileGeometry:
    """Sizes of square crops that overlap by their margins.

    Attributes:
        side: patches along a side of a crop.
        patch: pixels along a side of a patch.
        margins: patches of overlap at (top and left, bottom and right).
    """

    side: int
    patch: int
    margins: tuple[int, int]

    @property
    def window(self) -> int:
        """Pixels by which neighbouring crops are apart."""
        return (self.side - sum(self.margins)) * self.patch

    @property
    def overlap(self) -> int:
        """Pixels that neighbouring crops share."""
        return sum(self.margins) * self.patch

    def canvas(self, grid: tuple[int, int]) -> tuple[int, int]:
        """Height and width, pixels, that `grid` (rows, columns) crops cover."""
        return grid[0] * self.window + self.overlap, grid[1] * self.window + self.overlap

    def choose_grid(self, height: int, width: int, max_crops: int) -> tuple[int, int]:
        """Rows and columns of crops for a picture of that size.

        The smallest grid that does not shrink the picture; where all would, the one that shrinks it least.
        Pictures no larger than the overlap give negative or infinite scales, which fall into the same rule.
        """
        grids = [(i, j) for i in range(1, max_crops + 1) for j in range(1, max_crops + 1) if i * j <= max_crops]
        grids.sort(key=lambda grid: (grid[0] * grid[1], grid[0]))
        covered = np.array(grids, dtype=np.float32) * np.float32(self.window)
        size = np.array([height - self.overlap, width - self.overlap], dtype=np.float32)
        with np.errstate(divide="ignore"):
            scales = (covered / size).min(axis=1)
        if (scales < 1).all():
            return grids[int(scales.argmax())]
        return grids[int(np.where(scales < 1, np.inf, scales).argmin())]

    def cut(self, canvas: NDArray[np.generic], grid: tuple[int, int]) -> list[NDArray[np.generic]]:
        """Crops of a canvas of shape (height, width, ...), row by row."""
        size = self.side * self.patch
        tops = [row * self.window for row in range(grid[0])]
        lefts = [column * self.window for column in range(grid[1])]
        return [canvas[top : top + size, left : left + size] for top in tops for left in lefts]

    def patches(self, crop: NDArray[np.generic]) -> NDArray[np.generic]:
        """A crop of shape (pixels, pixels, ...) as (patches, values of a patch), row by row, channel fastest."""
        split = crop.reshape(self.side, self.patch, self.side, self.patch, -1)
        return split.swapaxes(1, 2).reshape(self.side**2, -1)

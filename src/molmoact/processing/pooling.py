"""Which patches each image token of the prompt is pooled from: 2x2 windows over one crop, or over stitched tiles."""

import numpy as np
from numpy.typing import NDArray

from molmoact.processing.tiling import TileGeometry

NO_PATCH = -1
"""Index of a place in a window that lies outside the picture."""

Indices = NDArray[np.int64]


def whole_map(geometry: TileGeometry) -> Indices:
    """Patch indices of one crop as they lie, shape (side, side)."""
    return np.arange(geometry.side**2, dtype=np.int64).reshape(geometry.side, geometry.side)


def stitched_map(geometry: TileGeometry, grid: tuple[int, int]) -> Indices:
    """Patch indices of all tiles as they lie in the picture; what two tiles share is taken once.

    Indices count from the first tile. Margins are dropped on every side that has a neighbour.
    """
    tile, (before, after) = whole_map(geometry), geometry.margins
    rows = []
    for i in range(grid[0]):
        top = before if i > 0 else 0
        bottom = geometry.side - (after if i < grid[0] - 1 else 0)
        row = []
        for j in range(grid[1]):
            left = before if j > 0 else 0
            right = geometry.side - (after if j < grid[1] - 1 else 0)
            row.append(tile[top:bottom, left:right] + (i * grid[1] + j) * tile.size)
        rows.append(np.concatenate(row, axis=1))
    return np.concatenate(rows, axis=0)


def windows(patch_map: Indices, height: int, width: int) -> Indices:
    """Pooling windows over a map of patch indices.

    Args:
        patch_map: shape (rows, columns).
        height: rows of a window.
        width: columns of a window.

    Returns:
        Shape (window rows, window columns, height * width); NO_PATCH where a window reaches over the bottom or right.
    """
    missing_rows, missing_columns = -patch_map.shape[0] % height, -patch_map.shape[1] % width
    # Half of what is missing goes in front, rounded down: with windows of 2 always none.
    split = [(missing // 2, (missing + 1) // 2) for missing in (missing_rows, missing_columns)]
    padded = np.pad(patch_map, split, constant_values=NO_PATCH)
    blocks = padded.reshape(padded.shape[0] // height, height, padded.shape[1] // width, width)
    return blocks.swapaxes(1, 2).reshape(blocks.shape[0], blocks.shape[2], height * width)

import numpy as np
import pytest

from molmoact.processing.pooling import NO_PATCH, stitched_map, whole_map, windows
from molmoact.processing.tiling import TileGeometry

SIGLIP = TileGeometry(side=27, patch=14, margins=(4, 4))


def test_windows_of_an_odd_map_reach_over_the_bottom_and_the_right():
    pooled = windows(np.arange(9).reshape(3, 3), 2, 2)
    np.testing.assert_array_equal(
        pooled, [[[0, 1, 3, 4], [2, NO_PATCH, 5, NO_PATCH]], [[6, 7, NO_PATCH, NO_PATCH], [8, *[NO_PATCH] * 3]]]
    )


def test_every_patch_of_a_whole_picture_is_pooled_once():
    pooled = windows(whole_map(SIGLIP), 2, 2)
    assert pooled.shape == (14, 14, 4)
    np.testing.assert_array_equal(np.sort(pooled[pooled != NO_PATCH]), np.arange(27 * 27))


@pytest.mark.parametrize("grid", [(1, 1), (1, 3), (2, 2), (2, 4)])
def test_stitched_tiles_show_each_place_once(grid):
    stitched = stitched_map(SIGLIP, grid)
    assert stitched.shape == tuple(count * 19 + 8 for count in grid)
    assert len(np.unique(stitched)) == stitched.size


def test_stitched_tiles_lie_as_in_the_picture():
    small = TileGeometry(side=4, patch=2, margins=(1, 1))
    # the place of each patch in a picture of 2 x 2 tiles, read off the crops that the tiles are cut to
    rows, columns = (size // 2 for size in small.canvas((2, 2)))
    picture = np.repeat(np.repeat(np.arange(rows * columns).reshape(rows, columns), 2, 0), 2, 1)
    patches = np.concatenate([small.patches(crop)[:, 0] for crop in small.cut(picture, (2, 2))])
    np.testing.assert_array_equal(patches[stitched_map(small, (2, 2))], np.arange(rows * columns).reshape(rows, -1))

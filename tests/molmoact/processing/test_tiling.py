import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from molmoact.processing.tiling import TileGeometry

SIGLIP = TileGeometry(side=27, patch=14, margins=(4, 4))
CLIP = TileGeometry(side=24, patch=14, margins=(4, 4))


@pytest.mark.parametrize(
    ("geometry", "width", "height", "grid"),
    [
        (SIGLIP, 320, 240, (1, 1)),
        (SIGLIP, 378, 378, (1, 1)),
        (SIGLIP, 300, 379, (2, 1)),
        (SIGLIP, 640, 480, (2, 2)),
        (SIGLIP, 1280, 720, (2, 4)),
        (CLIP, 640, 480, (2, 3)),
        (CLIP, 378, 378, (2, 2)),
        (SIGLIP, 112, 300, (1, 1)),  # no width beyond the overlap
        (SIGLIP, 50, 50, (1, 1)),
    ],
)
def test_published_sizes_get_the_published_grids(geometry, width, height, grid):
    assert geometry.choose_grid(height, width, 8) == grid


@given(st.integers(1, 4000), st.integers(1, 4000), st.integers(1, 12))
def test_a_grid_never_exceeds_its_budget(height, width, max_crops):
    rows, columns = SIGLIP.choose_grid(height, width, max_crops)
    assert 1 <= rows * columns <= max_crops


@given(st.integers(113, 1000), st.integers(113, 1000))
def test_a_grid_covers_the_picture_unless_even_the_best_shrinks_it(height, width):
    rows, columns = SIGLIP.choose_grid(height, width, 8)
    covered = SIGLIP.canvas((rows, columns))
    if covered[0] < height or covered[1] < width:
        others = [SIGLIP.canvas((i, j)) for i in range(1, 9) for j in range(1, 9) if i * j <= 8]
        assert not any(h >= height and w >= width for h, w in others)


def test_tiles_overlap_by_their_margins():
    small = TileGeometry(side=4, patch=2, margins=(1, 1))
    canvas = np.arange(np.prod(small.canvas((2, 2)))).reshape(small.canvas((2, 2)))
    first, right, below, _ = small.cut(canvas, (2, 2))
    np.testing.assert_array_equal(first[:, small.window :], right[:, : small.overlap])
    np.testing.assert_array_equal(first[small.window :], below[: small.overlap])


def test_patches_hold_rows_of_pixels_with_the_channel_fastest():
    small = TileGeometry(side=2, patch=2, margins=(0, 0))
    crop = np.arange(48).reshape(4, 4, 3)
    patches = small.patches(crop)
    np.testing.assert_array_equal(patches[1], crop[:2, 2:].reshape(-1))
    np.testing.assert_array_equal(patches[2], crop[2:, :2].reshape(-1))

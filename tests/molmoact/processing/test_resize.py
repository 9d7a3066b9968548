import numpy as np
import pytest

from molmoact.processing.resize import letterbox, squash, to_clip_units, to_plus_minus_one


def test_squash_keeps_whole_grey_values():
    picture = np.random.default_rng(0).integers(0, 256, (17, 31, 3), dtype=np.uint8)
    levels = squash(picture, (28, 28)).pixels * 255
    np.testing.assert_allclose(levels, levels.round(), atol=1e-4)


def test_squash_leaves_a_picture_of_the_size_as_it_is():
    picture = np.random.default_rng(0).integers(0, 256, (28, 28, 3), dtype=np.uint8)
    resized = squash(picture, (28, 28))
    np.testing.assert_array_equal((resized.pixels * 255).round().astype(np.uint8), picture)
    assert resized.is_picture.all()


@pytest.mark.parametrize(("size", "rows", "columns"), [((20, 10), 28, 14), ((10, 20), 14, 28), ((10, 10), 28, 28)])
def test_letterbox_keeps_the_aspect_and_centres(size, rows, columns):
    resized = letterbox(np.full((*size, 3), 255, dtype=np.uint8), (28, 28))
    assert (resized.is_picture.any(1).sum(), resized.is_picture.any(0).sum()) == (rows, columns)
    np.testing.assert_array_equal(resized.is_picture, resized.is_picture[::-1, ::-1])
    np.testing.assert_array_equal(resized.pixels[..., 0] > 0.5, resized.is_picture)


def test_normalisations_map_their_anchors():
    np.testing.assert_array_equal(to_plus_minus_one(np.float32([0, 0.5, 1])), [-1, 0, 1])
    mean_of_clip = np.float32([0.48145466, 0.4578275, 0.40821073])
    np.testing.assert_array_equal(to_clip_units(mean_of_clip), 0)

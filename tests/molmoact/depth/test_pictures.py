"""Near is bright, whatever measured or guessed the depth."""

import numpy as np
import pytest
import torch

from molmoact.depth.estimator import DepthEstimator, input_size, published_processor
from molmoact.depth.pictures import from_inverse, from_metric
from support.small_depth_model import small_depth_model

SIMULATOR_MM = np.linspace(300, 2000, 40 * 60).reshape(40, 60).astype(np.uint16)


def camera_mm():
    """As a D435 gives the same scene: with holes."""
    depth = SIMULATOR_MM.copy()
    depth[::3, ::4] = 0
    depth[10:20, 10:30] = 0
    return depth


def test_near_is_bright_and_far_is_dark_in_all_three():
    network = 1.0 / SIMULATOR_MM  # what Depth-Anything means: relative inverse depth, greater is nearer
    pictures = [from_metric(SIMULATOR_MM, 0.001), from_metric(camera_mm(), 0.001), from_inverse(network)]
    for picture in pictures:
        assert (picture.dtype, picture.shape) == (np.uint8, (40, 60))
        assert picture[0, 1] > 250
        assert picture[-1, -1] <= 1
        assert picture[:5].mean() > picture[20:25].mean() > picture[-5:].mean()
    np.testing.assert_allclose(pictures[0].astype(int), pictures[2], atol=1)


def test_holes_take_what_is_beside_them():
    filled, whole = from_metric(camera_mm(), 0.001).astype(int), from_metric(SIMULATOR_MM, 0.001).astype(int)
    assert np.abs(filled - whole).max() < 40
    assert np.abs(filled - whole).mean() < 4


def test_a_speck_in_front_of_the_lens_does_not_darken_the_rest():
    dirty = SIMULATOR_MM.copy()
    dirty[5, 5] = 20  # 2 cm: nearer than any of the cameras measures
    apart = np.abs(from_metric(dirty, 0.001).astype(int) - from_metric(SIMULATOR_MM, 0.001))
    assert np.count_nonzero(apart) <= 1


def test_an_empty_depth_picture_is_refused():
    with pytest.raises(ValueError, match="no value"):
        from_metric(np.zeros((4, 4), np.uint16), 0.001)


def test_a_wall_is_one_shade():
    assert set(from_metric(np.full((4, 4), 700, np.uint16), 0.001).ravel()) == {0}


def test_the_network_path_keeps_sizes_and_the_sign_of_its_answers():
    torch.set_num_threads(1)
    model = small_depth_model()
    images = [np.random.default_rng(n).integers(0, 255, (30, 40, 3), np.uint8) for n in range(2)]
    pictures = DepthEstimator(model, side=56).pictures(images)
    assert [picture.shape for picture in pictures] == [(30, 40)] * 2
    inputs = published_processor()(images=images, size=input_size(30, 40, 56), return_tensors="pt")
    with torch.inference_mode():
        raw = model(**inputs).predicted_depth
    for picture, answer in zip(pictures, raw, strict=True):
        brightest = np.unravel_index(picture.argmax(), picture.shape)
        row, column = round(brightest[0] * (answer.shape[0] - 1) / 29), round(brightest[1] * (answer.shape[1] - 1) / 39)
        assert answer[row, column] > answer.median()


@pytest.mark.parametrize(
    ("picture", "expected"),
    [((240, 320), (518, 686)), ((480, 640), (518, 686)), ((256, 256), (518, 518)), ((333, 100), (1722, 518))],
)
def test_pictures_come_to_the_published_size_in_whole_patches(picture, expected):
    assert tuple(input_size(*picture).values()) == expected
    pixels = published_processor()(
        images=np.zeros((*picture, 3), np.uint8), size=input_size(*picture), return_tensors="pt"
    ).pixel_values
    assert tuple(pixels.shape[2:]) == expected

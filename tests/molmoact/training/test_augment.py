import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from molmoact.protocol.answer import read_traces
from molmoact.protocol.symbols import ActionSymbols
from molmoact.protocol.wording import Wording, write_answer
from molmoact.training.augment import Crop, jitter, random_crop

SIZES = st.tuples(st.integers(40, 400), st.integers(40, 400))


@given(SIZES, st.integers(0, 1000))
def test_a_crop_is_nine_tenths_of_the_area_in_the_images_own_aspect_and_inside(size, seed):
    height, width = size
    crop = random_crop(np.random.default_rng(seed), np.zeros((height, width, 3), np.uint8))
    assert crop.width / width == pytest.approx(0.9**0.5, abs=0.6 / width)
    assert crop.height / height == pytest.approx(0.9**0.5, abs=0.6 / height)
    assert 0 <= crop.left <= width - crop.width
    assert 0 <= crop.top <= height - crop.height


def test_crops_of_a_wide_image_differ():
    random, wide = np.random.default_rng(0), np.zeros((240, 320, 3), np.uint8)
    assert len({(crop.left, crop.top) for crop in (random_crop(random, wide) for _ in range(20))}) > 15


@given(st.integers(0, 1000), st.tuples(st.integers(40, 200), st.integers(40, 200)))
def test_a_trace_stays_on_what_it_points_at(seed, point):
    random = np.random.default_rng(seed)
    image = np.zeros((256, 256, 3), np.uint8)
    image[point[1] - 2 : point[1] + 3, point[0] - 2 : point[0] + 3] = 255
    crop = random_crop(random, image)
    rows, columns = np.nonzero(crop.cut(image)[..., 0] > 100)
    x, y = crop.move(point)
    assert abs(columns.mean() - x) < 2
    assert abs(rows.mean() - y) < 2


@pytest.mark.parametrize("wording", [Wording.SINGLE_VIEW, Wording.MULTI_VIEW, Wording.FINE_TUNED])
def test_traces_of_an_answer_are_moved_and_nothing_else(wording):
    crop = Crop(left=10, top=0, width=90, height=95, image_width=100, image_height=100)
    bins = np.full((8, 7), 128)
    trace = ((0, 0), (128, 128), (255, 255))
    moved = tuple(crop.move(point) for point in trace)
    answer = write_answer(wording, ActionSymbols.printed(), bins, depth=(5,) * 100, traces=(trace,))
    expected = write_answer(wording, ActionSymbols.printed(), bins, depth=(5,) * 100, traces=(moved,))
    assert crop.rewrite(answer) == expected != answer
    arms = 2 if wording is Wording.FINE_TUNED else 1
    assert read_traces(crop.rewrite(answer), arms)[0] == moved
    assert moved[0] == (0, 0)  # what lies outside is put on the edge


def test_an_answer_without_a_trace_is_left_alone():
    crop = Crop(10, 10, 80, 80, 100, 100)
    steered = write_answer(Wording.STEERED, ActionSymbols.printed(), np.zeros((8, 7), int))
    assert crop.rewrite(steered) == steered


def test_colours_change_within_bounds_and_by_the_seed():
    image = np.full((20, 30, 3), (120, 90, 60), np.uint8)
    seen = [jitter(np.random.default_rng(seed), image) for seed in range(30)]
    assert len({picture.tobytes() for picture in seen}) > 25
    assert jitter(np.random.default_rng(4), image).tobytes() == seen[4].tobytes()
    means = [picture.mean() / image.mean() for picture in seen]
    assert 0.7 < min(means) < 0.95 < 1.05 < max(means) < 1.3

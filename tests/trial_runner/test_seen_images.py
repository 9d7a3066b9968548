from dataclasses import replace

import numpy as np
import pytest

from support.synthetic_run import CHUNKS, MS, front_picture
from trial_runner.run_data import load_run
from trial_runner.seen_images import load_seen, view_topics


@pytest.fixture(scope="module")
def run(synthetic_bag):
    return load_run(synthetic_bag)


def story_that_saw(run, *stamps_ms: int):
    told = run.stories[0]
    return replace(told, reasoning=replace(told.reasoning, view_stamps_ns=tuple(stamp * MS for stamp in stamps_ms)))


def front_at(at_ms: int) -> np.ndarray:
    return front_picture(at_ms / (200 + CHUNKS * 1200))


def test_each_camera_shows_the_image_of_its_own_stamp(run):
    seen = load_seen(run, [story_that_saw(run, 600, 1400)])
    assert np.array_equal(seen["front"][1], front_at(600))
    late = load_seen(run, [story_that_saw(run, 1400, 1400)])
    assert np.array_equal(seen["wrist"][1], late["wrist"][1])


def test_stamp_between_two_images_is_of_the_one_before(run):
    seen = load_seen(run, [story_that_saw(run, 799, 799)])
    assert np.array_equal(seen["front"][1], front_at(600))


def test_reasoning_that_names_no_views_saw_what_was_there_at_its_observation(run):
    third = run.stories[2]
    assert third.reasoning.view_stamps_ns == ()
    assert third.observed_ns == 2500 * MS
    assert np.array_equal(load_seen(run, [third])["front"][3], front_at(2400))


def test_stamp_before_the_first_image_has_no_view(run):
    assert load_seen(run, [story_that_saw(run, -1, -1)]) == {}


def test_camera_whose_images_came_later_is_left_out(run):
    assert list(load_seen(run, [story_that_saw(run, 600, -1)])) == ["front"]


@pytest.mark.parametrize(
    ("cameras", "order"),
    [(("wrist",), ["wrist", "front"]), ((), ["front", "wrist"]), (("unheard",), ["front", "wrist"])],
)
def test_cameras_come_in_the_order_of_the_recording(run, cameras, order):
    info = run.info.model_copy(update={"cameras": cameras})
    assert list(view_topics(replace(run, info=info))) == order


def test_run_without_images_has_no_views(run):
    assert load_seen(replace(run, counts={}), run.stories) == {}

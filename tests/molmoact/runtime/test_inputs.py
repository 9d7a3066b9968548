from dataclasses import replace

import numpy as np
import pytest

from molmoact.processing.processor import MolmoActProcessor
from molmoact.profile import Resize
from molmoact.runtime.inputs import ObservationError, digest, input_arrays, model_views
from molmoact.tiny.checkpoint import tiny_profile
from molmoact.traces import draw_for_steering, draw_for_training

PROFILE = tiny_profile()
SINGLE = PROFILE.model_copy(update={"views": ("front",), "prompt": "single_view", "resize": None})
TRACE = ((10, 20), (200, 240))


@pytest.fixture(scope="module")
def processor(tiny_folder):
    return MolmoActProcessor.from_pretrained(tiny_folder)


def prompt_of(processor, arrays):
    ids = [i for i in arrays["input_ids"][0].tolist() if i < processor.image_tokens.start]
    return processor.tokenizer.decode(ids)


def test_views_come_in_the_profiles_order_and_size(observation):
    flipped = replace(observation, views=dict(reversed(list(observation.views.items()))))
    views = model_views(flipped, PROFILE)
    assert [view.shape for view in views] == [(112, 112, 3)] * 2
    np.testing.assert_array_equal(views[0], model_views(observation, PROFILE)[0])


def test_without_a_resize_views_stay_as_the_camera_gave_them(observation):
    views = model_views(observation, PROFILE.model_copy(update={"resize": None}))
    assert views[1] is observation.views["wrist"]


@pytest.mark.parametrize("method", ["area", "bilinear", "lanczos"])
def test_a_grey_view_stays_grey_whatever_the_method(observation, method):
    grey = {name: np.full_like(view, 77) for name, view in observation.views.items()}
    profile = PROFILE.model_copy(update={"resize": Resize(width=60, height=40, method=method)})
    views = model_views(replace(observation, views=grey), profile)
    assert [(view.shape, view.min(), view.max()) for view in views] == [((40, 60, 3), 77, 77)] * 2


def test_several_views_are_numbered_and_one_is_not(processor, observation):
    assert prompt_of(processor, input_arrays(observation, PROFILE, processor)).count("Image ") == 2
    alone = prompt_of(processor, input_arrays(observation, SINGLE, processor))
    assert "Image 1" not in alone
    assert "What is the action" in alone


def test_a_drawn_trace_changes_question_and_first_view_alone(processor, observation):
    steered = replace(observation, drawn={"arm": TRACE})
    plain, drawn = model_views(observation, PROFILE), model_views(steered, PROFILE)
    np.testing.assert_array_equal(drawn[0], draw_for_training(plain[0], [TRACE]))
    np.testing.assert_array_equal(drawn[1], plain[1])
    assert "annotated on the first image" in prompt_of(processor, input_arrays(steered, PROFILE, processor))


def test_a_single_view_is_steered_as_published(observation):
    steered = replace(observation, drawn={"arm": TRACE})
    (view,) = model_views(steered, SINGLE)
    np.testing.assert_array_equal(view, draw_for_steering(observation.views["front"], [TRACE]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"views": {}}, "no image of view front, wrist"),
        ({"drawn": {"third": TRACE}}, "drawn for arm 'third'; the profile has arm"),
        ({"drawn": {"arm": TRACE[:1]}}, "has 1 points, it needs at least two"),
        ({"instruction": "look at <im_patch>"}, "image tokens"),
    ],
)
def test_what_does_not_fit_is_named(processor, observation, change, message):
    with pytest.raises(ObservationError, match=message):
        input_arrays(replace(observation, **change), PROFILE, processor)


def test_digest_tells_inputs_apart(processor, observation):
    first = digest(input_arrays(observation, PROFILE, processor))
    assert first == digest(input_arrays(observation, PROFILE, processor))
    views = {**observation.views, "wrist": observation.views["wrist"] // 2}
    assert first != digest(input_arrays(replace(observation, views=views), PROFILE, processor))
    assert first != digest(input_arrays(replace(observation, instruction="x"), PROFILE, processor))

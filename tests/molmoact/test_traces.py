import cv2
import numpy as np
import pytest

from molmoact.traces import (
    draw_for_display,
    draw_for_steering,
    draw_for_training,
    subsample,
    to_model,
    to_pixels,
)
from support.golden import read_json, sha256_of


@pytest.fixture(scope="module")
def recorded(golden_dir):
    return read_json(golden_dir / "trace/cases.json")


def picture(golden_dir, case):
    name = case.get("base") or "base_{}x{}.png".format(*case["size"])
    return cv2.cvtColor(cv2.imread(str(golden_dir / "trace" / name)), cv2.COLOR_BGR2RGB)


def test_subsampling_is_the_published_one(recorded):
    for case in recorded["subsample"]:
        assert subsample(case["points"], case["k"], case["last"]) == case["out"]


def test_traces_of_an_episode_start_at_each_frame(recorded):
    episode = recorded["episode"]
    assert [subsample(episode["points"][t:], episode["k"]) for t in range(len(episode["points"]))] == episode["lines"]


MALFORMED = ("ragged", "flat", "threeD")


def test_training_overlays_are_bit_exact(golden_dir, recorded):
    cases = [case for case in recorded["overlays"] if case["kind"] == "train_load_image"]
    assert cases
    for case in cases:
        traces = [trace for trace in case["annotations"] if trace is not None]
        if case["name"] in MALFORMED:
            with pytest.raises(ValueError, match=r"shape|sequence"):
                draw_for_training(picture(golden_dir, case), traces)
        else:
            assert sha256_of(draw_for_training(picture(golden_dir, case), traces)) == case["sha256"], case["name"]


def test_steering_pictures_are_bit_exact(golden_dir, recorded):
    cases = [case for case in recorded["overlays"] if case["kind"] == "steer_draw_user_trajectory"]
    assert cases
    for case in cases:
        image = picture(golden_dir, case)
        assert sha256_of(draw_for_steering(image, [])) == case["resized_sha256"]
        trace = to_model(case["trajectory"], *case["size"])
        assert sha256_of(draw_for_steering(image, [trace])) == case["sha256"]


def test_scaling_is_the_published_one_but_stays_on_the_scale(recorded):
    for case in recorded["overlays"]:
        if case["kind"] == "scale_pt":
            assert to_pixels(case["points"], *case["size"]).tolist() == case["out"]
            expected = np.minimum(case["out2"], 255).tolist()
            assert [list(point) for point in to_model(case["points"], *case["size"])] == expected


def test_the_picture_drawn_on_is_left_as_it_was():
    image = np.zeros((64, 64, 3), dtype=np.uint8)
    drawn = draw_for_display(image, [((0, 0), (255, 255))])
    assert image.max() == 0
    assert drawn[32, 32].tolist() == [255, 255, 0]

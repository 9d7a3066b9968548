import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from molmoact.profile import CheckpointProfile
from molmoact.protocol.actions import (
    bins_of,
    check_dimensions,
    chunk_at,
    normalise,
    physical,
    un_normalise,
    values_of,
    write_chunk,
    write_step,
)
from molmoact.protocol.statistics import choose_statistics
from molmoact.protocol.symbols import ActionSymbols
from molmoact_common.errors import CheckpointError

SYMBOLS = ActionSymbols.printed()


@pytest.fixture(scope="module")
def recorded(golden_dir):
    return json.loads((golden_dir / "action/encode.json").read_text())


@pytest.fixture(scope="module")
def vectors(golden_dir):
    return np.load(golden_dir / "action/encode.npz")


def profile(**changes):
    fields = {
        "name": "t", "step_period": 0.1, "frame": "base", "rotation": "rotation_vector", "gripper": "one_is_open",
        "deltas": "commanded", "views": ("front",), "prompt": "single_view",
    }  # fmt: skip
    return CheckpointProfile.model_validate({**fields, **changes})


def test_normalised_actions_and_symbols_are_the_published_ones(recorded, vectors):
    normalised = normalise(vectors["raw"], choose_statistics({"x": recorded["stats"]}))
    np.testing.assert_array_equal(normalised, vectors["normalized"])
    assert [write_step(row, SYMBOLS) for row in bins_of(normalised)] == recorded["tokenized"]


def test_chunks_repeat_the_last_step_of_an_episode(recorded, vectors):
    bins = bins_of(vectors["normalized"])
    for episode, chunks in recorded["chunked"].items():
        own = bins[vectors["episodes"] == int(episode)]
        assert [write_chunk(chunk_at(own, start), SYMBOLS) for start in range(len(own))] == chunks


def test_every_bin_edge_and_its_neighbours_fall_into_the_published_bin(vectors):
    np.testing.assert_array_equal(bins_of(vectors["grid"]), vectors["grid_bin"])


@given(st.integers(0, 254))
def test_a_centre_falls_back_into_its_bin(b):
    assert int(bins_of(values_of(np.array([b])))[0]) == b


def test_bin_255_reads_as_254():
    assert values_of(np.array([255])) == values_of(np.array([254]))


def _as_published_for_many_dimensions(raw, low, high):
    """What the published code makes of fourteen: only the first seven are an arm to it."""
    span = (high - low)[:6]
    result = raw.astype(np.float64)
    result[:, :6] = np.clip(2 * (raw[:, :6] - low[:6]) / (span + 1e-8) - 1, -1, 1)
    result[:, 6] = 1 - raw[:, 6]
    return result


def test_the_second_arm_is_treated_like_the_first_where_the_published_code_leaves_it_raw(golden_dir):
    case = json.loads((golden_dir / "action/encode_other_dims.json").read_text())["14"]
    raw = np.array(case["raw"], dtype=np.float32)
    statistics = choose_statistics({"x": case["stats"]})
    published = np.array(case["normalized"])
    np.testing.assert_allclose(
        _as_published_for_many_dimensions(raw, statistics.low, statistics.high), published, atol=1e-6
    )
    ours = normalise(raw, statistics)
    np.testing.assert_allclose(ours[:, :7], published[:, :7], atol=1e-12)
    span = statistics.high - statistics.low
    expected = np.clip(2 * (raw - statistics.low) / (span + 1e-8) - 1, -1, 1)[:, 7:13]
    np.testing.assert_allclose(ours[:, 7:13], expected, atol=1e-6)
    np.testing.assert_allclose(ours[:, 13], 1 - raw[:, 13])
    assert np.abs(ours[:, 7:13] - published[:, 7:13]).max() > 0.1


@given(arrays(np.float32, (3, 7), elements=st.floats(-2, 2, width=32)))
def test_decoding_what_was_encoded_stays_within_half_a_bin(raw):
    low, high = np.full(7, -1.5), np.full(7, 1.0)
    statistics = choose_statistics({"x": {"action": {"q01": low.tolist(), "q99": high.tolist()}}})
    decoded = un_normalise(values_of(bins_of(normalise(raw, statistics))), statistics)
    expected = np.clip(raw[:, :6], -1.5, 1.0)
    assert np.abs(decoded[:, :6] - expected).max() <= 2.5 / 255 + 1e-6


def test_units_and_gripper_follow_the_profile():
    action = np.array([[1, 2, 3, 0.1, 0.2, 0.3, 0.75]])
    deltas = physical(action, profile(translation_scale=0.05, rotation_scale=0.5))
    np.testing.assert_allclose(deltas, [[0.05, 0.1, 0.15, 0.05, 0.1, 0.15, 0.75]])
    assert physical(action, profile(gripper="one_is_closed"))[0, 6] == 0.25


@pytest.mark.parametrize(("written", "opening"), [(0.996, 0.996), (0.0, 0.0), (-0.996, 0.0), (1.2, 1.0)])
def test_opening_stays_between_closed_and_open(written, opening):
    assert physical(np.array([[0, 0, 0, 0, 0, 0, written]]), profile())[0, 6] == opening


def test_both_arms_grippers_are_openings():
    action = np.full((2, 14), -0.5)
    deltas = physical(action, profile(arms=("left", "right")))
    assert deltas[:, [6, 13]].tolist() == [[0, 0], [0, 0]]
    assert deltas[0, 0] == -0.5


def test_statistics_must_fit_the_profiles_arms():
    statistics = choose_statistics({"x": {"action": {"q01": [0.0] * 7, "q99": [1.0] * 7}}})
    check_dimensions(statistics, profile())
    with pytest.raises(CheckpointError, match="7 dimensions, the profile's arms need 14"):
        check_dimensions(statistics, profile(arms=("left", "right")))

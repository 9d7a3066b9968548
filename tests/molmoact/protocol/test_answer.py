import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from molmoact.protocol.actions import un_normalise, values_of
from molmoact.protocol.answer import AnswerError, parse_answer, read_depth, read_traces
from molmoact.protocol.statistics import choose_statistics
from molmoact.protocol.symbols import ActionSymbols
from molmoact.protocol.wording import Wording, before_action, write_answer

SYMBOLS = ActionSymbols.printed()
DEPTH = tuple(range(100))
TRACE = ((0, 255), (12, 7))
BINS = np.arange(56).reshape(8, 7)

points = st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), min_size=1, max_size=5).map(tuple)


def written(wording=Wording.MULTI_VIEW, bins=BINS, traces=(TRACE,)):
    return write_answer(wording, SYMBOLS, bins, depth=DEPTH, traces=traces)


@given(
    wording=st.sampled_from([Wording.SINGLE_VIEW, Wording.MULTI_VIEW, Wording.FINE_TUNED]),
    trace=points,
    depth=st.lists(st.integers(0, 127), min_size=100, max_size=100).map(tuple),
    bins=arrays(np.int64, st.sampled_from([(1, 7), (8, 7)]), elements=st.integers(0, 255)),
)
def test_what_is_written_is_read_back_in_every_wording(wording, trace, depth, bins):
    text = write_answer(wording, SYMBOLS, bins, depth=depth, traces=(trace,))
    answer = parse_answer(text, SYMBOLS, steps=len(bins))
    assert (answer.depth, answer.traces) == (depth, (trace,))
    np.testing.assert_array_equal(answer.bins, bins)


@given(left=points, right=points, bins=arrays(np.int64, (8, 14), elements=st.integers(0, 255)))
def test_two_arms_have_a_trace_each(left, right, bins):
    text = write_answer(Wording.FINE_TUNED, SYMBOLS, bins, depth=DEPTH, traces=(left, right))
    answer = parse_answer(text, SYMBOLS, steps=8, arms=2)
    assert answer.traces == (left, right)
    np.testing.assert_array_equal(answer.bins, bins)


def test_a_steered_answer_is_the_action_alone():
    answer = parse_answer(written(Wording.STEERED), SYMBOLS, steps=8, steered=True)
    assert (answer.depth, answer.traces) == ((), ())
    np.testing.assert_array_equal(answer.bins, BINS)


def test_tail_sentence_may_be_worded_otherwise():
    text = written(Wording.SINGLE_VIEW).replace("Based on this information", "Based on the depth and the trajectory")
    np.testing.assert_array_equal(parse_answer(text, SYMBOLS, steps=8).bins, BINS)


GOOD = written()
ACTION_AT = GOOD.index("take is [[") + len("take is ")


def change(old, new, count=1):
    assert old in GOOD
    return GOOD.replace(old, new, count)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "depth: expected the phrase .* found the end of the text"),
        ("I cannot do that.", "depth: expected the phrase"),
        (change("<DEPTH_START>", ""), "depth: expected <DEPTH_START>"),
        (change("<DEPTH_41>", ""), "depth: 99 codes, expected 100"),
        (change("<DEPTH_41>", "<DEPTH_41><DEPTH_41>"), "depth code 101: expected <DEPTH_END>"),
        (change("<DEPTH_41>", "<DEPTH_128>"), "depth code 42: 128 is outside 0..127"),
        (change("<DEPTH_41>", " <DEPTH_41>"), "depth code 42: expected a depth token"),
        (change("<DEPTH_41>", "<DEPTH_x>"), "depth code 42: expected a depth token"),
        (GOOD[: GOOD.index("<DEPTH_41>")], "depth code 42: expected a depth token, found the end"),
        (change("[0, 255]", "[0, 256]"), "trace 1, point 1, y: 256 is outside 0..255"),
        (change("[0, 255]", "[0, 1000]"), "trace 1, point 1, y: expected an integer"),
        (change("[0, 255]", "[0.5, 255]"), "trace 1, point 1: expected ','"),
        (change("[0, 255]", "[-1, 255]"), "trace 1, point 1, x: expected an integer"),
        (change("[0, 255]", "[0, 2, 5]"), "trace 1, point 1: expected ']'"),
        (change("[[0, 255], [12, 7]]", "[]"), "trace 1, point 1: expected"),
        (change("[12, 7]]", "[12, 7], [1, 1], [2, 2], [3, 3], [4, 4]]"), "trace 1, point 6: more than 5 points"),
        (change("[12, 7]]", "[12, 7]"), "trace 1: expected ',' or ']'"),
        (change("The trajectory of", "The path of"), "trace: 0 trace sentences"),
        (change(", along with other images", ", [along] with other images"), "action: expected the phrase"),
        (GOOD[:ACTION_AT], "action: expected '\\['"),
        (GOOD[: ACTION_AT + 12], "action step 1, value 3: the text ends here"),
        (GOOD[: GOOD.rindex("], [")], "action step 7, value 7: the text ends here"),
        (GOOD[: GOOD.rindex(", [")], "the text ends after step 7, expected 8 steps"),
        (GOOD[:-2], "the text ends after step 8, expected 8 steps"),
        (change(SYMBOLS.by_bin[16], "x"), "action step 3, value 3: unknown symbol 'x'"),
        (change(SYMBOLS.by_bin[16], ""), "action step 3, value 3: unknown symbol ''"),
        (change(SYMBOLS.by_bin[16], "<DEPTH_3>"), "action step 3, value 3: unknown symbol '<DEPTH_3>'"),
        (change(f", {SYMBOLS.by_bin[16]}", ""), "action step 3: 6 values, expected 7"),
        (change(f", {SYMBOLS.by_bin[16]}", f", {SYMBOLS.by_bin[16]}" * 2), "action step 3: 8 values, expected 7"),
        (GOOD + " And then stop.", "after the action: expected nothing more"),
        ("Well. " + GOOD, "depth: expected the phrase"),
    ],
)
def test_a_refusal_names_the_place(text, message):
    with pytest.raises(AnswerError, match=message):
        parse_answer(text, SYMBOLS, steps=8)


@pytest.mark.parametrize(("steps", "message"), [(7, "8 steps, expected 7"), (9, "8 steps, expected 9")])
def test_the_number_of_steps_must_be_the_profiles(steps, message):
    with pytest.raises(AnswerError, match=message):
        parse_answer(GOOD, SYMBOLS, steps=steps)


def test_one_arm_with_two_different_traces_is_refused():
    text = write_answer(Wording.FINE_TUNED, SYMBOLS, BINS, depth=DEPTH, traces=(TRACE, ((1, 1),)))
    with pytest.raises(AnswerError, match="left and right differ"):
        parse_answer(text, SYMBOLS, steps=8)


def test_two_arms_need_two_traces():
    with pytest.raises(AnswerError, match=r"1 trace sentences .* expected 2"):
        parse_answer(written(bins=np.zeros((8, 14), dtype=np.int64)), SYMBOLS, steps=8, arms=2)


@given(st.text(max_size=60), st.integers(0, len(GOOD)), st.integers(0, 60))
def test_a_damaged_answer_is_read_as_an_answer_or_refused_and_never_anything_else(noise, at, cut):
    try:
        answer = parse_answer(GOOD[:at] + noise + GOOD[at + cut :], SYMBOLS, steps=8)
    except AnswerError:
        return
    assert answer.bins.shape == (8, 7)
    assert len(answer.depth) == 100


def test_parts_can_be_read_while_the_rest_is_still_growing():
    assert read_depth(GOOD[: GOOD.index("The traj")]) == DEPTH
    assert read_traces(GOOD[:ACTION_AT], 1) == (TRACE,)


VALID_WHERE_PUBLISHED = {
    "full_1x7": (1, 1), "full_8x7": (8, 1), "bare_1x7": (1, 1), "no_space_commas": (1, 1), "extra_spaces": (1, 1),
    "newlines": (1, 1), "bins_0": (1, 1), "bins_127": (1, 1), "bins_128": (1, 1), "bins_254": (1, 1),
    "bins_255": (1, 1), "fourteen_1": (1, 2), "fourteen_8": (8, 2),
}  # fmt: skip
"""Recorded texts that hold one answer: name -> steps, arms. What else the published parser decodes is refused."""


def _parse_recorded(case, steps, arms):
    """The recorded texts are mostly bare actions; the sentence that must stand before them is put there."""
    if case["depth"] and case["trace"]:
        return parse_answer(case["text"], SYMBOLS, steps=steps, arms=arms)
    return parse_answer(before_action(Wording.STEERED) + case["text"], SYMBOLS, steps=steps, arms=arms, steered=True)


def test_valid_texts_decode_to_the_published_numbers_and_all_others_are_refused(golden_dir):
    recorded = json.loads((golden_dir / "action/parse.json").read_text())
    norm_stats = recorded["norm_stats"]
    for case in recorded["cases"]:
        shape = VALID_WHERE_PUBLISHED.get(case["name"])
        if shape is None:
            for steps, arms in ((1, 1), (8, 1), (1, 2), (8, 2)):
                with pytest.raises(AnswerError):
                    _parse_recorded(case, steps, arms)
            continue
        answer = _parse_recorded(case, *shape)
        expected = {key: numbers for key, numbers in case["actions"].items() if numbers}
        assert expected
        for key, numbers in expected.items():
            decoded = un_normalise(values_of(answer.bins), choose_statistics(norm_stats, key))
            np.testing.assert_array_equal(decoded, numbers)
        if answer.traces:
            assert [[list(point) for point in trace] for trace in answer.traces] == case["trace"]
            assert "".join(f"<DEPTH_{code}>" for code in answer.depth) in case["depth"][0]

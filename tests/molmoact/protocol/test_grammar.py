import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from molmoact.protocol.grammar import DEPTH_END, DEPTH_START, END_OF_TEXT, FIRST_DEPTH, answer_grammar
from molmoact.protocol.prompts import PromptStyle
from molmoact.protocol.symbols import ActionSymbols
from molmoact.protocol.wording import Wording, wording_for, write_answer

SYMBOLS = ActionSymbols.printed()
DEPTH = tuple(range(28, 128))


def letters(text):
    """An answer's text in the grammar's alphabet."""
    before, _, rest = text.rpartition("<DEPTH_START>")
    result = list(before.encode())
    if before:
        codes, _, rest = rest.partition("<DEPTH_END>")
        values = [int(code) for code in codes.removeprefix("<DEPTH_").removesuffix(">").split("><DEPTH_")]
        result += [DEPTH_START, *(FIRST_DEPTH + value for value in values), DEPTH_END]
    return [*result, *rest.encode(), END_OF_TEXT]


one_trace = st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), min_size=1, max_size=5).map(tuple)
GRAMMARS = {
    (wording, steps, arms): answer_grammar(wording, SYMBOLS, steps=steps, arms=arms)
    for wording, arms in (
        (Wording.SINGLE_VIEW, 1),
        (Wording.MULTI_VIEW, 1),
        (Wording.FINE_TUNED, 2),
        (Wording.STEERED, 1),
    )
    for steps in (1, 8)
}


@given(st.sampled_from(sorted(GRAMMARS)), st.data())
def test_every_written_answer_is_accepted(key, data):
    wording, steps, arms = key
    bins = data.draw(arrays(np.int64, (steps, 7 * arms), elements=st.integers(0, 255)))
    traces = tuple(data.draw(one_trace) for _ in range(arms))
    text = write_answer(wording, SYMBOLS, bins, depth=DEPTH, traces=traces)
    assert GRAMMARS[key].accepts(letters(text))


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_changed_letter_is_accepted_only_where_another_answer_results(at, byte):
    text = write_answer(Wording.STEERED, SYMBOLS, np.full((8, 7), 9))
    word = letters(text)
    at %= len(word) - 1
    changed = [*word[:at], byte, *word[at + 1 :]]
    accepted = GRAMMARS[Wording.STEERED, 8, 1].accepts(changed)
    parts = bytes(changed[:-1]).decode(errors="replace").split("take is ")
    assert accepted == (parts[0] + "take is " == text.split("take is ")[0] + "take is " and _is_action(parts[-1]))


def _is_action(text):
    rows = text.removeprefix("[[").removesuffix("]].").split("], [")
    values = [row.split(", ") for row in rows]
    shape = text.startswith("[[") and text.endswith("]].") and [len(row) for row in values] == [7] * 8
    return shape and all(value in SYMBOLS.bins for row in values for value in row)


def test_nothing_shorter_or_longer_is_an_answer():
    word = letters(write_answer(Wording.STEERED, SYMBOLS, np.zeros((8, 7), dtype=int)))
    grammar = GRAMMARS[Wording.STEERED, 8, 1]
    assert not grammar.accepts(word[:-1])
    assert not grammar.accepts([*word, END_OF_TEXT])


def test_a_symbol_that_begins_another_leaves_both_open():
    short, long = (len(SYMBOLS.by_bin[b].encode()) for b in (82, 81))
    assert SYMBOLS.by_bin[81].startswith(SYMBOLS.by_bin[82])
    grammar = GRAMMARS[Wording.STEERED, 1, 1]
    word = letters(write_answer(Wording.STEERED, SYMBOLS, np.full((1, 7), 81)))
    start = bytes(word[:-1]).index(SYMBOLS.by_bin[81].encode())
    state = grammar.start
    for letter in word[: start + short]:
        state = grammar.advance(state, letter)
    assert grammar.letters(state) == {ord(","), word[start + short]}
    assert long > short


def test_one_arm_in_the_fine_tuned_wording_has_no_grammar():
    with pytest.raises(ValueError, match="decode one arm freely"):
        answer_grammar(Wording.FINE_TUNED, SYMBOLS, steps=8, arms=1)


@pytest.mark.parametrize(
    ("style", "arms", "wording"),
    [
        (PromptStyle.SINGLE_VIEW, 1, Wording.SINGLE_VIEW),
        (PromptStyle.MULTI_VIEW, 1, Wording.MULTI_VIEW),
        (PromptStyle.MULTI_VIEW, 2, Wording.FINE_TUNED),
        (PromptStyle.STEERING_MULTI_VIEW, 2, Wording.STEERED),
    ],
)
def test_wording_follows_from_question_and_arms(style, arms, wording):
    assert wording_for(style, arms) is wording

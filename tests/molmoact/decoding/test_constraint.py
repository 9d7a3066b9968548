import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from molmoact.decoding.constraint import Constraint
from molmoact.decoding.vocabulary import Vocabulary
from molmoact.protocol.answer import parse_answer
from molmoact.protocol.grammar import END_OF_TEXT, FIRST_DEPTH, answer_grammar
from molmoact.protocol.symbols import ActionSymbols
from molmoact.protocol.wording import Wording, write_answer
from molmoact.tiny.tokenizer import tiny_tokenizer
from molmoact_common.errors import CheckpointError

FORMS = [(Wording.SINGLE_VIEW, 1, 1), (Wording.MULTI_VIEW, 8, 1), (Wording.FINE_TUNED, 8, 2), (Wording.STEERED, 8, 1)]


class Lifted:
    """A tokenizer and the constraints over its ids."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.symbols = ActionSymbols.from_tokenizer(tokenizer)
        self.vocabulary = Vocabulary.from_tokenizer(tokenizer)
        self.constraints = {
            form: Constraint(answer_grammar(form[0], self.symbols, steps=form[1], arms=form[2]), self.vocabulary)
            for form in FORMS
        }


@pytest.fixture(scope="module", params=["golden", "tiny"])
def lifted(request, golden_dir):
    if request.param == "tiny":
        return Lifted(tiny_tokenizer())
    return Lifted(PreTrainedTokenizerFast.from_pretrained(golden_dir / "tokenizer/full"))


def walk(constraint, end_id, chooser):
    """Any path through the grammar, token by token."""
    state, ids = constraint.start, []
    while not ids or ids[-1] != end_id:
        ids.append(chooser.choice(constraint.ids(state)))
        state = constraint.after(state, ids[-1])
    assert len(constraint.ids(state)) == 0
    return ids


@settings(max_examples=20)
@given(st.sampled_from(FORMS), st.integers(0, 2**32))
def test_any_walk_through_the_grammar_is_an_answer(lifted, form, seed):
    wording, steps, arms = form
    ids = walk(lifted.constraints[form], lifted.vocabulary.end_id, random.Random(seed))
    text = lifted.tokenizer.decode(ids[:-1])
    answer = parse_answer(text, lifted.symbols, steps=steps, arms=arms, steered=wording is Wording.STEERED)
    assert answer.bins.shape == (steps, 7 * arms)


@settings(max_examples=20)
@given(st.sampled_from(FORMS), st.integers(0, 2**32))
def test_the_tokenizers_own_segmentation_of_an_answer_is_allowed(lifted, form, seed):
    wording, steps, arms = form
    chooser = torch.Generator().manual_seed(seed)
    bins = torch.randint(0, 256, (steps, 7 * arms), generator=chooser).numpy()
    traces = tuple(((seed % 256, arm), (7, 200)) for arm in range(arms))
    text = write_answer(wording, lifted.symbols, bins, depth=tuple(range(100)), traces=traces)
    constraint = lifted.constraints[form]
    state = constraint.start
    for token in [*lifted.tokenizer.encode(text, add_special_tokens=False), lifted.vocabulary.end_id]:
        assert token in constraint.ids(state)
        state = constraint.after(state, token)


def test_a_token_may_hold_a_separator_and_the_beginning_of_a_symbol(lifted):
    first = lifted.symbols.by_bin[0].encode()[0]
    straddling = 5000
    words = {**lifted.vocabulary.words, straddling: ", " + chr(first)}
    vocabulary = Vocabulary(words, lifted.vocabulary.end_id)
    constraint = Constraint(answer_grammar(Wording.STEERED, lifted.symbols, steps=1, arms=1), vocabulary)
    text = write_answer(Wording.STEERED, lifted.symbols, torch.zeros(1, 7, dtype=torch.int64).numpy())
    state = constraint.start
    for token in lifted.tokenizer.encode(text[: text.index(",", text.index("["))], add_special_tokens=False):
        state = constraint.after(state, token)
    assert straddling in constraint.ids(state)


@settings(max_examples=20)
@given(st.sampled_from(FORMS), st.integers(0, 2**32), st.integers(0, 300))
def test_what_is_shared_between_like_places_is_what_each_has_by_itself(lifted, form, seed, stop):
    constraint = lifted.constraints[form]
    chooser, state, letters = random.Random(seed), constraint.start, []
    while len(letters) < stop and constraint.ids(state):
        token = chooser.choice(constraint.ids(state))
        letters += map(ord, lifted.vocabulary.words[token])
        state = constraint.after(state, token)
    alone = constraint.grammar.start
    for letter in letters:
        alone = constraint.grammar.advance(alone, letter)
    expected = [t for t, word in lifted.vocabulary.words.items() if word and goes_on(constraint.grammar, alone, word)]
    assert list(constraint.ids(state)) == sorted(expected)


def goes_on(grammar, state, word):
    for letter in word:
        state = state and grammar.advance(state, ord(letter))
    return state is not None


def test_after_exploring_nothing_is_left_to_be_found(lifted):
    constraint = Constraint(answer_grammar(Wording.MULTI_VIEW, lifted.symbols, steps=3, arms=1), lifted.vocabulary)
    constraint.explore()
    known = len(constraint._rows), len(constraint._behind)
    for seed in range(20):
        walk(constraint, lifted.vocabulary.end_id, random.Random(seed))
    assert (len(constraint._rows), len(constraint._behind)) == known


def test_the_best_allowed_token_is_chosen_and_of_equal_ones_the_first(lifted):
    constraint = lifted.constraints[FORMS[0]]
    first = constraint.start
    second = constraint.after(first, constraint.ids(first)[0])
    logits = torch.zeros(2, 1 + max(lifted.vocabulary.words))
    best = constraint.ids(second)[-1]
    logits[1, best] = 1
    logits[0, 0] = 9  # not allowed
    assert constraint.choose(logits, [first, second]) == [constraint.ids(first)[0], best]


def test_ids_rise_and_are_those_that_may_follow(lifted):
    constraint = lifted.constraints[FORMS[0]]
    ids = list(constraint.ids(constraint.start))
    assert ids == sorted(ids)
    assert ids == sorted(t for t in lifted.vocabulary.words if constraint.after(constraint.start, t))


def test_depth_tokens_and_the_end_are_letters_of_their_own(lifted):
    vocabulary, tokenizer = lifted.vocabulary, lifted.tokenizer
    assert vocabulary.words[tokenizer.convert_tokens_to_ids("<DEPTH_5>")] == chr(FIRST_DEPTH + 5)
    assert vocabulary.words[vocabulary.end_id] == chr(END_OF_TEXT)
    assert tokenizer.convert_tokens_to_ids("<im_patch>") not in vocabulary.words


def test_bytes_of_entries_are_those_that_decoding_gives(lifted):
    tokenizer = lifted.tokenizer
    text = "The depth, [255] \n ÃŃ"
    spelt = "".join(lifted.vocabulary.words[token] for token in tokenizer.encode(text))
    assert spelt.encode("latin-1") == text.encode()


class WithoutDepth:
    """A tokenizer of some other model."""

    eos_token_id = 0

    def get_vocab(self):
        return {"a": 0}

    def get_added_vocab(self):
        return {}


def test_a_tokenizer_without_depth_tokens_is_refused():
    with pytest.raises(CheckpointError, match="no <DEPTH_START>; take the tokenizer"):
        Vocabulary.from_tokenizer(WithoutDepth())

from dataclasses import replace

import numpy as np
import pytest
import torch

from molmoact.runtime.answering import Answering, DecodingOptions
from molmoact.runtime.inputs import input_arrays
from molmoact.runtime.loading import load_checkpoint
from molmoact_common.errors import ConfigError


@pytest.fixture(scope="module")
def loaded(tiny_folder):
    return load_checkpoint(tiny_folder, device="cpu")


@pytest.fixture
def inputs(loaded, observation):
    """Of the steered question, whose answers are short."""
    drawn = replace(observation, drawn={"arm": ((0, 0), (255, 255))})
    return input_arrays(drawn, loaded.profile, loaded.processor)


def passes(answering, inputs, command_step=0):
    return list(answering.passes(inputs, steered=True, command_step=command_step))


def joined(made):
    return [token for tokens in made for token in tokens]


@pytest.mark.parametrize("constrained", [True, False])
def test_fast_and_plain_give_the_same_tokens(loaded, inputs, constrained):
    options = {"constrained": constrained, "max_new_tokens": 150}
    fast, plain = (
        passes(Answering(loaded, DecodingOptions(decoding=decoding, **options)), inputs)
        for decoding in ("fast", "plain")
    )
    assert joined(fast) == joined(plain)
    assert all(len(tokens) == 1 for tokens in plain)


def test_exact_passes_give_one_answer_whatever_was_guessed(loaded, inputs):
    answering = Answering(loaded, DecodingOptions(constrained=True, exact=True, window=8, cache_tokens=700))
    cold, warm = passes(answering, inputs), passes(answering, inputs)
    assert joined(cold) == joined(warm)
    assert len(warm) < len(cold)


def test_the_sources_hear_of_the_steps_since_the_last_question(loaded, inputs, monkeypatch):
    answering = Answering(loaded, DecodingOptions(constrained=True))
    decoder, heard = answering.decoder(steered=True), []
    original = decoder.decode
    monkeypatch.setattr(decoder, "decode", lambda *a, **given: heard.append(given["steps"]) or original(*a, **given))
    for command_step in (100, 100, 108, 3):  # the last: the bridge began anew
        passes(answering, inputs, command_step)
    assert heard == [0, 0, 8, 0]


def test_lessons_hold_every_symbol_as_the_tokenizer_cuts_it(loaded):
    answering = Answering(loaded, DecodingOptions())
    texts = [loaded.processor.tokenizer.decode(lesson) for lesson in answering.lessons(steered=False)]
    assert all(symbol in "".join(texts) for symbol in loaded.symbols.by_bin)
    assert texts[0].startswith(" The depth map of the first image is <DEPTH_START>")


def sizes(answering):
    """Everything that could grow from answer to answer."""
    constraint = answering.constraint(steered=True)
    return len(constraint._behind), len(constraint._rows), len(constraint._choices.ids), len(constraint._insides)


def test_nothing_but_the_habits_grows_from_answer_to_answer(loaded, inputs):
    answering = Answering(loaded, DecodingOptions(constrained=True))
    passes(answering, inputs)
    before = sizes(answering)
    for seed in range(3):
        noise = torch.from_numpy(np.random.default_rng(seed).normal(size=inputs["images"].shape)).float()
        passes(answering, inputs | {"images": noise}, command_step=seed)
    assert sizes(answering) == before


@pytest.mark.parametrize(
    ("options", "message"),
    [({"compile": True}, "set exact"), ({"cache_tokens": 99999}, "lower cache_tokens")],
)
def test_options_that_cannot_be_served_are_refused(loaded, options, message):
    with pytest.raises(ConfigError, match=message):
        Answering(loaded, DecodingOptions(**options))

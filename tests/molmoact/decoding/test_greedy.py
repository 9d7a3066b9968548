import numpy as np
import pytest

from molmoact.decoding.constraint import Constraint
from molmoact.decoding.greedy import greedy
from molmoact.decoding.vocabulary import Vocabulary
from molmoact.modeling.model import MolmoActForActionReasoning
from molmoact.processing.processor import MolmoActProcessor
from molmoact.protocol.answer import parse_answer
from molmoact.protocol.grammar import answer_grammar
from molmoact.protocol.symbols import ActionSymbols
from molmoact.protocol.wording import Wording
from support.golden import MODELS, ModelCase

NEVER = -1
"""An id that no token has: decoding goes on to its limit."""


@pytest.mark.parametrize("model_name", MODELS)
@pytest.mark.parametrize("case_name", ["single_flat", "two_images", "text_only"])
def test_free_decoding_gives_the_ids_that_generate_gives(golden_dir, model_name, case_name):
    model = MolmoActForActionReasoning.from_pretrained(golden_dir / "models" / model_name).eval()
    case = ModelCase(golden_dir, model_name, case_name)
    inputs = case.inputs
    generated = model.generate(**inputs, max_new_tokens=24, do_sample=False, eos_token_id=None)
    expected = generated[0, inputs["input_ids"].shape[1] :].tolist()
    assert list(greedy(model, inputs, end_id=NEVER, limit=24)) == expected


@pytest.fixture(scope="module")
def tiny(tiny_folder):
    model = MolmoActForActionReasoning.from_pretrained(tiny_folder).eval()
    processor = MolmoActProcessor.from_pretrained(tiny_folder)
    return model, processor


def prompt(processor):
    image = np.full((112, 112, 3), 90, dtype=np.uint8)
    return dict(processor(images=[[image, image]], text="lift it", apply_chat_template=True))


def test_constrained_decoding_of_untrained_weights_is_an_answer(tiny):
    model, processor = tiny
    vocabulary, symbols = Vocabulary.from_tokenizer(processor.tokenizer), ActionSymbols.printed()
    constraint = Constraint(answer_grammar(Wording.MULTI_VIEW, symbols, steps=8, arms=1), vocabulary)
    end = vocabulary.end_id
    ids = list(greedy(model, prompt(processor), end_id=end, limit=2000, constraint=constraint))
    assert ids[-1] == end
    assert parse_answer(processor.tokenizer.decode(ids[:-1]), symbols, steps=8).bins.shape == (8, 7)


def test_each_id_costs_one_pass_and_closing_stops(tiny, monkeypatch):
    model, processor = tiny
    passes = []
    advance = model.advance
    monkeypatch.setattr(model, "advance", lambda **given: passes.append(1) or advance(**given))
    tokens = greedy(model, prompt(processor), end_id=NEVER, limit=50)
    for count in range(1, 4):
        next(tokens)
        assert len(passes) == count
    tokens.close()
    assert len(passes) == 3


def test_the_end_is_given_and_is_the_last(tiny):
    model, processor = tiny
    inputs = prompt(processor)
    first, second = list(greedy(model, inputs, end_id=NEVER, limit=2))
    expected = [first] if first == second else [first, second]
    assert list(greedy(model, inputs, end_id=second, limit=50)) == expected

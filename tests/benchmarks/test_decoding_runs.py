import numpy as np
import pytest

from bench.decoding_runs import Bench
from bench.scripted_answers import ScriptedAnswer
from molmoact.protocol.wording import Wording, write_answer
from molmoact.runtime.answering import Answering, DecodingOptions
from molmoact.runtime.loading import load_checkpoint
from molmoact.runtime.observation import Observation
from molmoact.tiny import make_tiny_checkpoint


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint") / "tiny"
    make_tiny_checkpoint(folder)
    loaded = load_checkpoint(folder, device="cpu")
    answering = Answering(loaded, DecodingOptions(constrained=True))
    lessons = list(answering.lessons(steered=False))
    return Bench(loaded, answering.constraint(steered=False), answering.vocabulary.end_id, 32, 0.05, lessons, 700)


@pytest.fixture(scope="module")
def answer(bench):
    bins, trace = np.full((8, 7), 40), ((3, 4), (50, 60))
    text = write_answer(Wording.MULTI_VIEW, bench.loaded.symbols, bins, depth=(5,) * 100, traces=(trace,))
    tokens = [*bench.loaded.processor.tokenizer.encode(text), bench.end_id]
    view = np.full((112, 112, 3), 90, dtype=np.uint8)
    return ScriptedAnswer(Observation(0, 0, {"front": view, "wrist": view}, "lift it"), tokens, 0)


@pytest.mark.parametrize("behind", ["lost", "blind"])
def test_a_dictated_answer_is_written_and_every_pass_and_token_is_counted_once(bench, answer, behind):
    passes = bench.dictated(behind)
    decoder = bench.decoder(passes)
    counts = []
    for _ in range(2):
        passes.dictate(answer.tokens, bench.constraint)
        counted = bench.count(decoder, bench.inputs(answer), steps=8)
        assert counted.tokens == list(answer.tokens)
        assert sum(counted.by_part.values()) == counted.passes
        assert sum(counted.given.values()) == len(answer.tokens)
        counts.append(counted.passes)
    assert counts[1] < counts[0]

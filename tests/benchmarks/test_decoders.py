import pytest

from bench.decoders import Decoders
from molmoact.runtime.loading import load_checkpoint
from molmoact.tiny import make_tiny_checkpoint


@pytest.fixture(scope="module")
def decoders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint") / "tiny"
    make_tiny_checkpoint(folder)
    return Decoders(load_checkpoint(folder, device="cpu"))


@pytest.mark.parametrize("constrained", [False, True])
def test_both_decoders_give_the_same_tokens_in_as_many_passes(decoders, constrained):
    ours, theirs = decoders.ours(40, constrained=constrained), decoders.theirs(40, constrained=constrained)
    assert len(ours.tokens) == 40
    assert list(ours.tokens) == list(theirs.tokens)
    assert ours.passes == theirs.passes == 40


def test_the_grammar_changes_what_untrained_weights_say(decoders):
    assert decoders.ours(40, constrained=True).tokens != decoders.ours(40, constrained=False).tokens


def test_the_prompt_holds_the_pictures(decoders):
    assert decoders.prompt_tokens > 100

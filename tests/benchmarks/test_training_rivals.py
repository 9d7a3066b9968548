from copy import deepcopy

import pytest

from bench.training_rivals import KINDS, make_examples, ours, theirs
from molmoact.runtime.loading import load_checkpoint
from molmoact.tiny import make_tiny_checkpoint
from molmoact.training.feed import Share


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints") / "small"
    make_tiny_checkpoint(folder, layers=1)
    return load_checkpoint(folder, device="cpu", dtype="float32")


def test_both_learn_the_same_from_the_same_rows(loaded):
    examples = make_examples(loaded, 4)
    turns = [trainer(deepcopy(loaded.model), examples, Share(4, 2), 2) for trainer in (ours, theirs)]
    # only of the first step: clipping and schedule differ
    assert turns[0].losses[0] == pytest.approx(turns[1].losses[0], rel=1e-4)
    assert all(turn.losses[1] < turn.losses[0] for turn in turns)
    assert all(turn.cpu_seconds > 0 for turn in turns)


def test_rows_are_of_every_kind(loaded):
    lengths = {len(example) for example in make_examples(loaded, len(KINDS))}
    assert len(lengths) > 3

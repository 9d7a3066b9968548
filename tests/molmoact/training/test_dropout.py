import pytest
import torch

from molmoact.modeling import MolmoActForActionReasoning
from molmoact.training.dropout import add_dropout

IDS = torch.tensor([[1, 2, 3, 4]])


@pytest.fixture
def model(golden_dir, trained):
    return MolmoActForActionReasoning.from_pretrained(golden_dir / "models" / trained)


def logits(model, seed):
    torch.manual_seed(seed)
    with torch.inference_mode():
        return model(input_ids=IDS).logits


def test_something_is_dropped_while_training_and_nothing_afterwards(model):
    whole = logits(model, 0)
    add_dropout(model, 0.1)
    first, second = (logits(model.train(), seed) for seed in (0, 1))
    assert not first.equal(second)
    assert not first.equal(whole)
    assert logits(model.eval(), 0).equal(whole)


def test_where_all_is_dropped_the_blocks_add_nothing(model):
    add_dropout(model, 1.0)
    embeds = model.model.transformer.wte(IDS)
    dropped = model.train().model.transformer(embeds, torch.arange(4)[None])
    assert dropped.equal(model.model.transformer.ln_f(embeds))

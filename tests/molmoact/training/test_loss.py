import numpy as np
import pytest
import torch

from molmoact.modeling import MolmoActForActionReasoning
from molmoact.training.batches import collate
from molmoact.training.loss import AnswerLoss
from support.golden import read_json
from support.training import COLLATED, TRAINED, golden_example, golden_processor, training_name


@pytest.fixture
def model(golden_dir, trained):
    return MolmoActForActionReasoning.from_pretrained(golden_dir / "models" / trained)


@pytest.fixture
def recorded(golden_dir, trained):
    return read_json(golden_dir / "train" / "meta.json")[trained]


def test_loss_and_every_gradient_are_the_recorded_ones(model, recorded, example_of):
    batch = collate([example_of(case) for case in COLLATED])
    sums = AnswerLoss(model)(batch)
    divisor = batch.weights.sum()
    entropy, partition = sums.entropy / divisor, 1e-4 * sums.partition / divisor
    (entropy + partition).backward()
    assert float(divisor) == recorded["divisor"]
    assert entropy.item() == pytest.approx(recorded["ce"], abs=1e-5)
    assert partition.item() == pytest.approx(recorded["z"], abs=1e-7)
    norms = {training_name(name): float(p.grad.norm()) for name, p in model.named_parameters()}
    assert norms.keys() == recorded["grad_norms"].keys()
    for name, norm in norms.items():
        assert norm == pytest.approx(recorded["grad_norms"][name], rel=2e-3, abs=1e-6), name


@torch.inference_mode()
def test_questions_about_one_image_are_answered_as_recorded(golden_dir, tmp_path):
    name = TRAINED[0]  # the only model with recorded logits
    with np.load(golden_dir / "train" / f"{name}.npz") as stored:
        expected = stored["multi_annotation/logits_every8"]
    processor = golden_processor(golden_dir, tmp_path, name)
    batch = collate([golden_example(golden_dir, processor, name, "multi_annotation")])
    model = MolmoActForActionReasoning.from_pretrained(golden_dir / "models" / name)
    embeds = model.embed(batch.ids, batch.crops, batch.pooled, batch.crop_masks)
    logits = model.lm_head(model.model.transformer(embeds, batch.positions, batch.mask))
    np.testing.assert_allclose(logits[:, ::8].numpy(), expected, atol=1e-4)


@torch.inference_mode()
def test_a_batch_teaches_what_its_rows_teach_alone(model, example_of):
    examples = [example_of(case) for case in (*COLLATED, "multi_annotation", "weighted")]
    together = AnswerLoss(model)(collate(examples))
    alone = [AnswerLoss(model)(collate([example])) for example in examples]
    for name in ("entropy", "partition", "right", "tokens"):
        expected = sum(float(getattr(sums, name)) for sums in alone)
        assert float(getattr(together, name)) == pytest.approx(expected, rel=1e-5)

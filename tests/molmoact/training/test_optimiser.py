import pytest
import torch

from molmoact.modeling import MolmoActForActionReasoning
from molmoact.training.batches import collate
from molmoact.training.loss import AnswerLoss
from molmoact.training.optimiser import clip, group_of, learning_rate, make_optimiser, set_rates
from molmoact.training.recipe import LearningRates, Optimisation
from support.golden import read_json
from support.training import COLLATED, TRAINED, training_name

TRAJECTORY = Optimisation(rates=LearningRates(llm=2e-3, connector=1e-3, vision=5e-4), warm_up=2)
PEAKS = {"pretrain": (1e-5, 2e-5), "midtrain": (5e-6, 1e-5), "posttrain_libero": (5e-4, 5e-4)}
PUBLISHED_GROUPS = {"llm": "llm", "connector": "connector", "vit": "vision"}


def test_learning_rates_are_the_recorded_table(golden_dir):
    for entry in read_json(golden_dir / "train" / "lr_schedule.json"):
        vision, llm = PEAKS[entry["stage"]]
        settings = Optimisation(rates=LearningRates(llm=llm, connector=vision, vision=vision))
        for group, peak in (("connector", vision), ("vit", vision), ("llm", llm)):
            made = learning_rate(peak, entry["step"], entry["max_steps"], settings)
            assert made == pytest.approx(entry["lr"][group], rel=1e-9), entry


def test_groups_are_the_recorded_ones(golden_dir):
    name = TRAINED[0]  # the only model with recorded groups
    model = MolmoActForActionReasoning.from_pretrained(golden_dir / "models" / name)
    for group in read_json(golden_dir / "train" / "meta.json")[name]["param_groups"]:
        ours = PUBLISHED_GROUPS[group["group"]]
        made = {training_name(key) for key, _ in model.named_parameters() if group_of(key) == ours}
        assert made == set(group["params"])
        assert (group["betas"], group["eps"], group["wd"]) == ([0.9, 0.95], 1e-6, 0.0)


def test_four_steps_are_the_recorded_ones(golden_dir, trained, example_of):
    model = MolmoActForActionReasoning.from_pretrained(golden_dir / "models" / trained)
    batch = collate([example_of(case) for case in COLLATED])
    loss, divisor = AnswerLoss(model), batch.weights.sum()
    optimiser = make_optimiser(model.named_parameters(), TRAJECTORY)
    for step in read_json(golden_dir / "train" / "meta.json")[trained]["trajectory"]:
        sums = loss(batch)
        assert (sums.entropy / divisor).item() == pytest.approx(step["ce"], rel=1e-4)
        assert (1e-4 * sums.partition / divisor).item() == pytest.approx(step["z"], rel=1e-4)
        if "grad_norm" not in step:
            continue
        rates = set_rates(optimiser, step["step"], 10, TRAJECTORY)
        ((sums.entropy + 1e-4 * sums.partition) / divisor).backward()
        norms = clip(optimiser, TRAJECTORY.clip)
        for published, name in PUBLISHED_GROUPS.items():
            assert rates[name] == pytest.approx(step["lr"][published])
            assert norms[name] == pytest.approx(step["grad_norm"][published], rel=1e-3)
        optimiser.step()
        optimiser.zero_grad()


def test_frozen_parameters_are_left_out():
    frozen, free = torch.nn.Parameter(torch.zeros(1), requires_grad=False), torch.nn.Parameter(torch.zeros(1))
    optimiser = make_optimiser([("image_vit.a", frozen), ("lm_head.b", free)], TRAJECTORY)
    assert [(group["name"], len(group["params"])) for group in optimiser.param_groups] == [("llm", 1)]

from pathlib import Path

import pytest

from molmoact.profile import load_profile
from molmoact.training.recipe import load_recipe
from molmoact_common.errors import ConfigError
from support.training import write_recipe

FOLDER = Path(__file__).parents[3] / "config/training"
RECIPES = sorted(FOLDER.glob("*.yaml"))


def test_there_is_a_recipe_for_each_published_stage():
    names = {path.stem for path in RECIPES}
    suites = {f"posttrain_libero_{suite}" for suite in ("spatial", "object", "goal", "long")}
    assert names >= {"pretrain", "midtrain", "nano_pretrain", "nano_posttrain", "posttrain_real_single"} | suites


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipes_are_valid_and_their_profiles_are_there(path):
    recipe = load_recipe(path)
    if recipe.profile:
        load_profile(path.parent / recipe.profile)


@pytest.mark.parametrize(
    ("name", "steps", "batch", "rates", "adapted"),
    [
        ("pretrain", 100_000, 512, (2e-5, 1e-5, 1e-5), False),
        ("midtrain", 50_000, 256, (1e-5, 5e-6, 5e-6), False),
        ("posttrain_libero_spatial", 50_000, 128, (5e-4, 5e-4, 5e-4), True),
        ("posttrain_libero_goal", 40_000, 128, (5e-4, 5e-4, 5e-4), True),
        ("posttrain_libero_long", 80_000, 128, (5e-4, 5e-4, 5e-4), True),
        ("posttrain_real_multitask", 44_000, 64, (5e-4, 5e-4, 5e-4), True),
    ],
)
def test_figures_are_the_papers(name, steps, batch, rates, adapted):
    recipe = load_recipe(FOLDER / f"{name}.yaml")
    optimisation = recipe.optimisation
    assert (recipe.steps, recipe.batch) == (steps, batch)
    assert tuple(optimisation.rates.model_dump().values()) == rates
    assert (optimisation.warm_up, optimisation.floor, optimisation.betas) == (200, 0.1, (0.9, 0.95))
    assert (recipe.max_tokens, recipe.dropout) == (2304, 0.1)
    assert (recipe.adapter is not None, recipe.augment) == (adapted, adapted)
    if recipe.adapter:
        assert recipe.adapter.model_dump() == {"rank": 32, "alpha": 16, "dropout": 0.0}


def test_the_mixture_of_pre_training_is_the_papers():
    mixture = load_recipe(FOLDER / "pretrain.yaml").mixture
    shares = {}
    for source in mixture:
        shares[source.rows.split("/")[0]] = shares.get(source.rows.split("/")[0], 0) + source.rate
    expected = {"fractal20220817_data": 0.4, "bridge_orig": 0.25, "bc_z": 0.15, "auxiliary": 0.15, "web": 0.05}
    assert shares == pytest.approx(expected)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"learning_rate": 1}, r"learning_rate: Extra inputs are not permitted \(got 1\)"),
        ({"batch": 3, "micro_batch": 2}, "batch 3 is no multiple of micro_batch 2"),
        ({"mixture": []}, "mixture"),
        ({"steps": 0}, "steps"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused_in_one_line(tmp_path, change, said):
    path = write_recipe(tmp_path / "r.yaml", **change)
    with pytest.raises(ConfigError, match=f"r.yaml: .*{said}") as caught:
        load_recipe(path)
    assert "\n" not in str(caught.value)

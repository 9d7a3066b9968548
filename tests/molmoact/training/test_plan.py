import json
import shutil

import pytest
import yaml

from molmoact.training.plan import make_plan
from molmoact.training.rows import RowsError
from molmoact_common.errors import CheckpointError, ConfigError
from support.training import write_recipe, write_rows


@pytest.fixture
def places(tmp_path, rows_folder, small_folder):
    """Recipe, folder of all data, and base, to be changed."""
    shutil.copytree(rows_folder, tmp_path / "data" / "cell")
    return tmp_path / "r.yaml", tmp_path / "data", shutil.copytree(small_folder, tmp_path / "base")


def test_what_comes_out_has_the_statistics_of_base_and_rows_and_reads_those_of_the_rows(places):
    plan = make_plan(write_recipe(places[0]), *places[1:])
    assert set(plan.norm_stats) == {"cell", "blocks"}
    assert plan.profile.statistics_key == "blocks"
    json.dumps(plan.description())


def test_the_base_can_stand_in_the_recipe(places):
    assert make_plan(write_recipe(places[0], checkpoint=str(places[2])), places[1]).base == places[2]
    with pytest.raises(CheckpointError, match="names no checkpoint to begin with"):
        make_plan(write_recipe(places[0]), places[1])


def test_a_key_that_nobody_brings_is_refused(places):
    with pytest.raises(CheckpointError, match=r"no statistics 'other' in the checkpoint; .* blocks, cell"):
        make_plan(write_recipe(places[0], statistics_key="other"), *places[1:])


def test_statistics_are_needed_where_rows_have_actions(places):
    (places[1] / "cell" / "dataset_statistics.json").unlink()
    with pytest.raises(RowsError, match="is absent, so nobody could decode what is learnt"):
        make_plan(write_recipe(places[0]), *places[1:])
    source = {"rows": "cell", "rate": 1, "actions": False}
    assert make_plan(write_recipe(places[0], mixture=[source]), *places[1:]).profile.statistics_key == "cell"


def test_one_key_cannot_mean_two_things(places):
    write_rows(places[1] / "more", 2, name="cell")
    with pytest.raises(RowsError, match="statistics 'cell' that differ from those already known"):
        make_plan(write_recipe(places[0], mixture=[{"rows": "more", "rate": 1}]), *places[1:])


def test_answers_that_the_profile_could_not_read_are_refused(places):
    profile = yaml.safe_load((places[2] / "profile.yaml").read_text())
    (places[0].parent / "p.yaml").write_text(yaml.safe_dump(profile | {"steps": 4}))
    with pytest.raises(RowsError, match="answer of row 0 cannot be read: action: 8 steps, expected 4"):
        make_plan(write_recipe(places[0], profile="p.yaml"), *places[1:])


def test_the_profile_that_lies_with_the_data_goes_before_that_of_the_base(places):
    profile = yaml.safe_load((places[2] / "profile.yaml").read_text())
    (places[1] / "profile.yaml").write_text(yaml.safe_dump(profile | {"name": "curated"}))
    assert make_plan(write_recipe(places[0]), *places[1:]).profile.name == "curated"


def two_places(places):
    """Rows in data/cell and data/other/more, and the profile of the base."""
    write_rows(places[1] / "other" / "more", 2)
    return yaml.safe_load((places[2] / "profile.yaml").read_text())


MORE = [{"rows": "cell", "rate": 1}, {"rows": "other/more", "rate": 1}]


def test_a_profile_that_lies_beside_the_rows_goes_before_that_of_the_base(places):
    profile = two_places(places)
    (places[1] / "other/profile.yaml").write_text(yaml.safe_dump(profile | {"name": "curated", "deltas": "measured"}))
    plan = make_plan(write_recipe(places[0], mixture=MORE), *places[1:])
    assert (plan.profile.name, plan.profile.deltas) == ("curated", "measured")


def test_rows_whose_actions_mean_something_else_are_refused(places):
    profile = two_places(places)
    (places[1] / "other/profile.yaml").write_text(yaml.safe_dump(profile | {"gripper": "one_is_closed"}))
    (places[1] / "profile.yaml").write_text(yaml.safe_dump(profile))
    with pytest.raises(ConfigError, match=r"other/more: gripper is one_is_closed here and one_is_open in profile"):
        make_plan(write_recipe(places[0], mixture=MORE), *places[1:])
    silent = [MORE[0], MORE[1] | {"actions": False}]
    make_plan(write_recipe(places[0], mixture=silent), *places[1:])


def test_a_damaged_base_is_refused_before_a_weight_is_read(places):
    (places[2] / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match="is damaged"):
        make_plan(write_recipe(places[0]), *places[1:])

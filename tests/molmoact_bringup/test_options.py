"""Options are validated once, for the command line and for launch files."""

import pytest

from molmoact_bringup.options import CellOptions, DuoOptions, SingleArmOptions, config_file
from molmoact_common.errors import ConfigError
from molmoact_common.yaml_config import validate


@pytest.fixture
def config(tmp_path):
    (tmp_path / "robots").mkdir()
    (tmp_path / "robots" / "fr3.yaml").write_text("{}")
    return tmp_path


def test_a_name_is_looked_up_in_its_folder(config):
    assert config_file(config, "robots", "fr3") == config / "robots" / "fr3.yaml"


def test_a_yaml_file_is_taken_as_it_is(config, tmp_path):
    own = tmp_path / "mine.yaml"
    own.write_text("{}")
    assert config_file(config, "robots", str(own)) == own


def test_an_unknown_name_is_one_line_that_lists_the_known_ones(config):
    with pytest.raises(ConfigError, match=r"^no robots configuration 'fr4'; there are: fr3; .*$"):
        config_file(config, "robots", "fr4")


def test_an_absent_file_is_named(config):
    with pytest.raises(ConfigError, match=r"no file /nowhere/x\.yaml"):
        config_file(config, "robots", "/nowhere/x.yaml")


@pytest.mark.parametrize(
    ("field", "value"),
    [("seed", -1), ("time", "fast"), ("threads", 0), ("virtual_latency", float("nan")), ("namespace", "a b"), ("x", 1)],
)
def test_values_out_of_range_are_refused_by_name(field, value):
    with pytest.raises(ConfigError, match=field):
        validate({field: value}, CellOptions, "option")


@pytest.mark.parametrize("schema", [CellOptions, SingleArmOptions, DuoOptions])
def test_every_option_describes_itself(schema):
    assert all(field.description for field in schema.model_fields.values())

"""The files in config/ are valid, and wrong values are named."""

from pathlib import Path

import pytest
import yaml

from franka_bridge.config import RobotConfig
from franka_bridge.safety import SafetyConfig
from molmoact_common.errors import ConfigError
from molmoact_common.yaml_config import load_settings

CONFIG = Path(__file__).parents[2] / "config"


@pytest.mark.parametrize("name", ["fr3_cell", "fr3"])
def test_the_robots_that_come_along_are_valid(name: str):
    assert set(load_settings(CONFIG / "robots" / f"{name}.yaml", RobotConfig).arms) == {"arm"}


def test_the_default_safety_file_says_what_the_schema_says():
    assert load_settings(CONFIG / "safety" / "default.yaml", SafetyConfig) == SafetyConfig()


@pytest.mark.parametrize(
    ("field", "value"),
    [("speed_cap", 2.0), ("watchdog", 0.0), ("workspace_lower", [1, 0, 0]), ("table_height", 5.0), ("sped_cap", 0.1)],
)
def test_a_value_that_cannot_be_is_refused_in_one_line(tmp_path: Path, field: str, value: object):
    file = tmp_path / "safety.yaml"
    file.write_text(yaml.safe_dump({field: value}))
    with pytest.raises(ConfigError, match=r"safety\.yaml: ") as caught:
        load_settings(file, SafetyConfig)
    assert "\n" not in str(caught.value)

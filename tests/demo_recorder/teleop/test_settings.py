from pathlib import Path

import pytest

from demo_recorder.teleop.settings import TeleopSettings
from molmoact.profile import load_profile
from molmoact_common.errors import ConfigError
from molmoact_common.plugins import load_factory
from molmoact_common.yaml_config import load_settings, validate

CONFIG = Path(__file__).parents[3] / "config"
FILES = sorted((CONFIG / "teleop").glob("*.yaml"))
GATE_SPEED = 0.25


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_names_devices_that_there_are(path):
    settings = load_settings(path, TeleopSettings)
    assert settings.name == path.stem
    assert all(callable(load_factory(hand.device)) for hand in settings.hands)
    assert settings.translation_speed <= GATE_SPEED


@pytest.mark.parametrize("name", ["expert", "duo_expert"])
def test_experts_move_the_arms_that_their_policy_plans_for(name):
    settings = load_settings(CONFIG / f"teleop/{name}.yaml", TeleopSettings)
    policies = {hand.options.get("policy", "expert") for hand in settings.hands}
    for policy in policies:
        profile = load_profile(CONFIG / "policy/profiles" / f"{policy}.yaml")
        assert (profile.arms, profile.step_period) == (settings.arms, pytest.approx(settings.step_period))


@pytest.mark.parametrize(
    ("hands", "said"),
    [
        ([["left"], ["up"]], "a hand moves up, which is none of left, right"),
        ([["left"], ["right", "left"]], "left is in two hands"),
    ],
)
def test_hands_must_fit_the_arms(hands, said):
    fields = {"name": "t", "arms": ["left", "right"], "hands": [{"device": "x:y", "arms": arms} for arms in hands]}
    with pytest.raises(ConfigError, match=said):
        validate(fields, TeleopSettings, "test")

from pathlib import Path

import pytest

from molmoact.policy_config import load_policy_config
from molmoact.profile import load_profile
from molmoact.runtime.checkpoint_backend import CheckpointOptions

FOLDER = Path(__file__).parents[2] / "config/policy"
CHECKPOINTS = sorted(path for path in FOLDER.glob("*.yaml") if "checkpoint_backend" in path.read_text())


def test_there_are_files_for_the_published_checkpoints():
    assert {"tiny", "molmoact_7b_d", "molmoact_7b_d_libero", "molmoact_7b_o"} <= {path.stem for path in CHECKPOINTS}


@pytest.mark.parametrize("path", CHECKPOINTS, ids=lambda path: path.stem)
def test_options_are_those_of_the_backend(path):
    CheckpointOptions.model_validate(load_policy_config(path).options)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("profiles/*.yaml")), ids=lambda path: path.stem)
def test_profiles_are_valid(path):
    assert load_profile(path).name


def test_every_profile_that_a_policy_names_is_there():
    for path in CHECKPOINTS:
        profile = load_policy_config(path).profile
        assert not profile or (FOLDER / profile).is_file()

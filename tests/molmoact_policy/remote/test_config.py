"""The policy files of remote policies that are installed."""

from pathlib import Path

import pytest

from molmoact.policy_config import backend_settings, load_policy_config
from molmoact_common.plugins import load_factory

CONFIG = Path(__file__).parents[3] / "config" / "policy"


@pytest.mark.parametrize("file", sorted(CONFIG.glob("remote_*.yaml")), ids=lambda file: file.stem)
def test_an_installed_policy_file_is_accepted_by_its_backend(file):
    config = load_policy_config(file)
    check = load_factory(config.backend.replace(":load", ":check"))
    check(backend_settings(config, file, checkpoint="somewhere"))

"""The policy node's parameters, and what they are resolved to: policy file, backend, arm names."""

import json
from pathlib import Path
from typing import Literal

from pydantic import Field

from molmoact.policy_config import backend_settings, load_policy_config
from molmoact.runtime.backend import Backend
from molmoact_common.errors import ConfigError
from molmoact_common.plugins import load_factory
from molmoact_common.yaml_config import Settings


class PolicyParameters(Settings):
    """Parameters of the policy node. Empty strings leave what the policy file says."""

    policy_config: str = Field(min_length=1, description="policy file, one of config/policy/*.yaml")
    checkpoint: str = Field(default="", description="folder of the checkpoint, instead of the policy file's")
    device: Literal["", "auto", "cpu", "cuda"] = Field(default="", description="instead of the policy file's")
    execution: Literal["", "open_loop", "async"] = Field(default="", description="instead of the policy file's")
    options: str = Field(default="", description="JSON object merged into the backend's options")
    instruction: str = Field(default="", description="first instruction; empty: wait for /policy/set_instruction")
    arms: str = Field(default="", description="the robot's arm names, comma-separated, instead of the profile's")
    view_tolerance: float = Field(default=0.035, gt=0, le=1.0, description="largest spread of exposures (s)")


def make_backend(parameters: PolicyParameters) -> tuple[Backend, Literal["open_loop", "async"]]:
    """The backend, loaded, and the execution mode.

    Raises:
        UserError: policy file, options, profile or checkpoint are not as needed.
    """
    source = Path(parameters.policy_config)
    config = load_policy_config(source)
    settings = backend_settings(
        config,
        source,
        checkpoint=parameters.checkpoint,
        device=parameters.device,
        options=_options(parameters.options),
    )
    backend: Backend = load_factory(config.backend)(settings)
    return backend, parameters.execution or config.execution


def arm_names(parameters: PolicyParameters, profile_arms: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the robot's arms in the order of the action's columns.

    Raises:
        ConfigError: not as many as the checkpoint's profile has.
    """
    names = tuple(name.strip() for name in parameters.arms.split(",") if name.strip()) or profile_arms
    if len(names) != len(profile_arms):
        raise ConfigError(f"arms {names}: the checkpoint's profile has {len(profile_arms)}; name as many")
    return names


def _options(text: str) -> dict[str, object]:
    try:
        options = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise ConfigError(f'parameter options is no JSON: {error}; write it like {{"name": value}}') from error
    if not isinstance(options, dict):
        raise ConfigError('parameter options must be a JSON object; write it like {"name": value}')
    return options

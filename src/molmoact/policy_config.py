"""The policy file: which backend answers, from which checkpoint, and when it looks again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field

from molmoact.runtime.backend import BackendSettings
from molmoact_common.yaml_config import Settings, load_settings


class PolicyConfig(Settings):
    """Contents of config/policy/*.yaml.

    Attributes:
        backend: factory of the backend as package.module:attribute; it gets BackendSettings, gives a Backend. Its
            module may have a `check` that gets the same and raises what can be told to be wrong at once.
        checkpoint: folder of the checkpoint; empty for a backend without one, or where the command line names it.
        profile: the checkpoint profile, relative to this file; empty: profile.yaml beside the checkpoint.
        device: "auto" takes a GPU where there is one.
        execution: "open_loop" finishes a chunk before it looks again; "async" asks for the next while one runs.
        options: passed to the backend, which validates them.
    """

    backend: str
    checkpoint: str = ""
    profile: str = ""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    execution: Literal["open_loop", "async"] = "open_loop"
    options: Mapping[str, object] = Field(default_factory=dict)


def load_policy_config(path: Path) -> PolicyConfig:
    """Read and validate a policy file.

    Raises:
        ConfigError: unreadable or not of this schema; the line names the field.
    """
    return load_settings(path, PolicyConfig)


def backend_settings(
    config: PolicyConfig,
    source: Path,
    *,
    checkpoint: str = "",
    device: str = "",
    options: Mapping[str, object] | None = None,
) -> BackendSettings:
    """Settings for the backend's factory.

    Args:
        config: the policy file's contents.
        source: where it was read; a relative profile is looked up beside it.
        checkpoint: overrides the file's, where not empty.
        device: overrides the file's, where not empty.
        options: added to the file's, and win over them.
    """
    return BackendSettings(
        checkpoint=checkpoint or config.checkpoint,
        profile=str(source.parent / config.profile) if config.profile else "",
        device=device or config.device,
        options={**config.options, **(options or {})},
    )

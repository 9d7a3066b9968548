"""YAML files into validated settings: every mistake is one line that names the file, the field and what is allowed."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from molmoact_common.errors import ConfigError


class Settings(BaseModel):
    """Base of every schema: unknown fields are refused, values are immutable, NaN and infinity are no numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


SettingsT = TypeVar("SettingsT", bound=Settings)


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping that the file holds.

    Raises:
        ConfigError: the file is absent, is not YAML, or its top level is no mapping.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}; check the path") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: the top level must be a mapping of fields, found {type(content).__name__}")
    return content


def load_settings(path: Path, schema: type[SettingsT]) -> SettingsT:
    """Read `path` and validate it against `schema`.

    Raises:
        ConfigError: unreadable, not YAML, or a field that the schema refuses (the first one is named).
    """
    return validate(read_yaml(path), schema, str(path))


def validate(values: dict[str, Any], schema: type[SettingsT], source: str) -> SettingsT:
    """Validate `values` against `schema`; `source` names where they came from in the error.

    Raises:
        ConfigError: the first field that the schema refuses, with what it got and why.
    """
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "(top level)"
        got = "" if first["type"] == "missing" else f" (got {first['input']!r})"
        raise ConfigError(f"{source}: {field}: {first['msg']}{got}") from error

"""Parts named in configuration as `module:attribute`, so that packages of one layer need not import each other."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from molmoact_common.errors import ConfigError


def load_factory(name: str) -> Callable[..., Any]:
    """The callable that `name` ("package.module:attribute") names.

    Raises:
        ConfigError: not of that form, no such module or attribute, or not callable.
    """
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute:
        raise ConfigError(f"{name!r} is no factory; write it as package.module:attribute")
    try:
        factory = getattr(import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"cannot load {name!r}: {error}; check its spelling and that its extra is installed"
        ) from error
    if not callable(factory):
        raise ConfigError(f"{name!r} is not callable")
    return factory

"""Makes a schema of settings the options of a typer command, so that each option is described in one place."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer
from pydantic.fields import FieldInfo

from molmoact_common.yaml_config import SettingsT, validate


def command_with_options(
    schema: type[SettingsT], body: Callable[..., None], **extra: tuple[Any, Any]
) -> Callable[..., None]:
    """A typer command with one option a field of `schema`; it validates them and calls `body(settings, **extra)`.

    Args:
        schema: whose fields become options; descriptions become their help.
        body: what the command does; its docstring is the command's help.
        extra: further options, name -> (annotation, default).
    """

    def command(**given: Any) -> None:
        others = {name: given.pop(name) for name in extra}
        body(validate(given, schema, "option"), **others)

    options = {name: (_annotation(field), field.default) for name, field in schema.model_fields.items()} | extra
    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in options.items()
    ]
    command.__doc__ = body.__doc__
    # typer reads the options from these two.
    command.__annotations__ = {name: annotation for name, (annotation, _) in options.items()}
    vars(command)["__signature__"] = inspect.Signature(parameters)
    return command


def _annotation(field: FieldInfo) -> Any:
    return Annotated[field.annotation, typer.Option(help=field.description)]

"""Runs a function as a command line: options from its signature, errors of a person's making as one line."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from molmoact_common.errors import UserError

JsonOption = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="also write the figures here")]


def run(command: Callable[..., None]) -> int:
    """Parse the command line and call `command`; the exit code of the process."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(command)
    try:
        app()
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0

"""What a benchmark leaves: tables on the terminal and, where asked for, one JSON file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.results import Section
from molmoact_common.errors import ConfigError


def print_header(facts: Mapping[str, str], console: Console) -> None:
    """The machine and the choices of the run, a line each."""
    for name, value in facts.items():
        console.print(f"{name:>18}  {value}", markup=False, highlight=False, soft_wrap=True)


def print_sections(sections: Sequence[Section], console: Console) -> None:
    """One table a section that has rows, and its note below."""
    for section in sections:
        if not section.rows:
            continue
        console.print(table_of(section))
        if section.note:
            console.print(section.note, markup=False, highlight=False, soft_wrap=True)


def table_of(section: Section) -> Table:
    """The figures of the section as a table."""
    table = Table(title=section.name, title_justify="left")
    table.add_column("")
    for column in section.columns:
        table.add_column(column, justify="right")
    for label, row in section.rows.items():
        table.add_row(label, *(number(value) for value in row))
    return table


def number(value: float | None) -> str:
    """A figure in as many digits as it deserves."""
    if value is None:
        return ""
    if value == int(value):
        return str(int(value))
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def write_json(
    path: Path | None,
    facts: Mapping[str, str],
    sections: Sequence[Section],
    figures: Mapping[str, float | None] | None = None,
) -> None:
    """Write everything that the tables show, unrounded, and `figures` at the top; `path` None: nothing.

    Raises:
        ConfigError: the file cannot be written.
    """
    if path is None:
        return
    content = {
        **(figures or {}),
        "facts": dict(facts),
        "sections": {section.name: section.as_json() for section in sections},
    }
    try:
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}; name another file for --json") from error

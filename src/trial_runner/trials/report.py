"""The report of an experiment: a table on the terminal, one page with everything, and a sheet as PNG and PDF."""

import base64
import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from matplotlib.figure import Figure
from rich.table import Table

from trial_runner.plots import progress_bars, time_to_success
from trial_runner.plots.style import report_style
from trial_runner.trials.folder import ExperimentFolder
from trial_runner.trials.results import OVERALL, CellFigures, Comparison, cells, comparison, starts
from trial_runner.trials.rows import Row
from trial_runner.trials.sheet import write_sheet
from trial_runner.trials.starts import OVERLAY

COLUMNS = ("task", "condition", "policy", "progress", "success", "median seconds", "interventions")
REPORT = "report.html"
SHEETS = ("report.png", "report.pdf")
DPI = 120


def results_table(folder: ExperimentFolder) -> Table:
    """One row a cell and policy; below it the comparison.

    Raises:
        NoTrialsError: no trial has a row yet.
    """
    compared = comparison(folder.experiment, folder.rows)
    caption = f"{headline(folder)}. {compared.finding}" if compared else headline(folder)
    table = Table(*COLUMNS, title=folder.experiment.title, title_justify="left", caption=caption)
    for cell in cells(folder.experiment, folder.rows):
        table.add_row(*cell_texts(cell))
    return table


def headline(folder: ExperimentFolder) -> str:
    """How far the experiment is."""
    return f"{len(folder.rows)} of {len(folder.trials)} trials"


def cell_texts(cell: CellFigures) -> tuple[str, ...]:
    """What stands in COLUMNS."""
    middle = f"{median(cell.seconds):.1f}" if cell.seconds else "–"
    figures = (str(cell.progress), str(cell.success), middle, str(cell.interventions))
    return cell.task, cell.condition, cell.policy, *figures


def write_report(folder: ExperimentFolder) -> Path:
    """Write report.html, and where there are trials report.png and report.pdf, into the experiment's folder.

    Returns:
        The page's path.
    """
    figures = cells(folder.experiment, folder.rows)
    compared = comparison(folder.experiment, folder.rows)
    rows = [cell_texts(cell) for cell in figures]
    if figures:
        write_sheet(
            figures,
            title=folder.experiment.title,
            lines=[headline(folder), *comparison_lines(compared)],
            columns=COLUMNS,
            rows=rows,
            targets=[folder.path / name for name in SHEETS],
        )
    environment = Environment(loader=PackageLoader("trial_runner"), autoescape=select_autoescape(default=True))
    page = environment.get_template("trials.html.j2").render(
        title=folder.experiment.title,
        headline=headline(folder),
        columns=COLUMNS,
        rows=rows,
        comparison=compared,
        comparison_lines=comparison_lines(compared),
        progress_figure=_inline(progress_bars.draw, [cell for cell in figures if cell.task != OVERALL]),
        time_figure=_inline(time_to_success.draw, [cell for cell in figures if cell.task == OVERALL] or figures),
        ends=[
            (c.task, c.condition, c.policy, *end) for c in figures if c.task != OVERALL for end in c.ended_at.items()
        ],
        checks=sorted({check for cell in figures for check in cell.gate}),
        gate=[(c.task, c.condition, c.policy, c.gate) for c in figures if c.task != OVERALL],
        policies=list(folder.experiment.policies),
        starts=starts(folder.experiment, folder.rows),
        trials=[(row, _start_picture(folder, row)) for row in sorted(folder.rows, key=lambda row: row.number)],
        written=datetime.now(tz=UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
    target = folder.path / REPORT
    target.write_text(page, encoding="utf-8")
    return target


def comparison_lines(compared: Comparison | None) -> list[str]:
    """The comparison in sentences; none where one policy is alone."""
    if compared is None:
        return []
    lines = [f"{compared.first} against {compared.second}: {compared.finding}."]
    if compared.difference is not None:
        lines.append(
            f"Mean progress differs by {compared.difference} over {compared.pairs} pairs of the same start "
            "(95 % bootstrap interval)."
        )
    return lines


def _start_picture(folder: ExperimentFolder, row: Row) -> str:
    """Where the picture of its start lies, relative to the page; empty: nowhere."""
    picture = Path(row.bag).parent / OVERLAY
    return str(picture) if row.bag and (folder.path / picture).is_file() else ""


def _inline(draw: Callable[[Any, Sequence[CellFigures]], None], figures: Sequence[CellFigures]) -> str:
    """A plot as base64 of a PNG; empty where there is nothing to draw."""
    if not figures:
        return ""
    with report_style():
        figure = Figure(figsize=(9, 3.6))
        draw(figure, figures)
        buffer = io.BytesIO()
        figure.savefig(buffer, dpi=DPI, bbox_inches="tight", pad_inches=0.12)
    return base64.b64encode(buffer.getvalue()).decode("ascii")

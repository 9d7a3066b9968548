"""The report of an experiment: a table on the terminal, and one page that needs nothing beside itself but the bags."""

import base64
import io
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, select_autoescape
from matplotlib.figure import Figure
from rich.table import Table

from trial_runner.plots import time_to_success
from trial_runner.plots.style import report_style
from trial_runner.trials.folder import ExperimentFolder
from trial_runner.trials.results import OVERALL, CellFigures, cells, comparison

COLUMNS = ("task", "condition", "policy", "progress", "success", "median seconds", "interventions")
REPORT = "report.html"
PICTURE = "time_to_success.png"
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
    middle = f"{cell.seconds[len(cell.seconds) // 2]:.1f}" if cell.seconds else "–"
    figures = (str(cell.progress), str(cell.success), middle, str(cell.interventions))
    return cell.task, cell.condition, cell.policy, *figures


def write_report(folder: ExperimentFolder) -> Path:
    """Write report.html and time_to_success.png into the experiment's folder; the page's path."""
    figures = cells(folder.experiment, folder.rows)
    picture = _picture(figures)
    (folder.path / PICTURE).write_bytes(picture)
    environment = Environment(loader=PackageLoader("trial_runner"), autoescape=select_autoescape(default=True))
    page = environment.get_template("trials.html.j2").render(
        title=folder.experiment.title,
        headline=headline(folder),
        columns=COLUMNS,
        rows=[cell_texts(cell) for cell in figures],
        comparison=comparison(folder.experiment, folder.rows),
        figure=base64.b64encode(picture).decode("ascii"),
        ends=[
            (c.task, c.condition, c.policy, *end) for c in figures if c.task != OVERALL for end in c.ended_at.items()
        ],
        trials=list(folder.rows),
        written=datetime.now(tz=UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
    target = folder.path / REPORT
    target.write_text(page, encoding="utf-8")
    return target


def _picture(figures: list[CellFigures]) -> bytes:
    """The overall staircases, or those of the only cell."""
    overall = [cell for cell in figures if cell.task == OVERALL] or figures
    with report_style():
        figure = Figure(figsize=(9, 3.6))
        time_to_success.draw(figure, overall)
        buffer = io.BytesIO()
        figure.savefig(buffer, dpi=DPI, bbox_inches="tight", pad_inches=0.12)
    return buffer.getvalue()

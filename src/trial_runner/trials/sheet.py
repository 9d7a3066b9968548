"""The report of an experiment on one sheet, as PNG to look at and as PDF to print: table, finding, and two plots."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from trial_runner.plots import progress_bars, time_to_success
from trial_runner.plots.style import GRID, INK, MUTED, report_style
from trial_runner.trials.results import OVERALL, CellFigures

WIDTH_IN, PLOT_IN, ROW_IN, HEAD_IN = 13.0, 4.2, 0.3, 1.5
DPI = 110
CHARACTERS = 150
"""Of a line of text."""


def write_sheet(
    figures: Sequence[CellFigures],
    *,
    title: str,
    lines: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    targets: Sequence[Path],
) -> None:
    """Write the sheet to each of `targets`, in the form that its suffix names.

    Args:
        figures: what is drawn, at least one.
        title: of the experiment.
        lines: what stands below it.
        columns: of the table.
        rows: of the table.
        targets: files, .png or .pdf.
    """
    text = [part for line in lines for part in textwrap.wrap(line, CHARACTERS)]
    single = [cell for cell in figures if cell.task != OVERALL]
    plots = 2 * PLOT_IN if progress_bars.crowded(single) else PLOT_IN
    heights = (HEAD_IN + 0.22 * len(text), ROW_IN * (len(rows) + 1) + 0.2, plots)
    with report_style():
        sheet = Figure(figsize=(WIDTH_IN, sum(heights)))
        parts: Any = sheet.subfigures(3, 1, height_ratios=heights)
        _head(parts[0], title, text, heights[0])
        _table(parts[1], columns, rows)
        _plots(parts[2], single, [cell for cell in figures if cell.task == OVERALL] or single)
        for target in targets:
            sheet.savefig(target, dpi=DPI)


def _head(figure: Any, title: str, text: Sequence[str], height: float) -> None:
    figure.text(0.03, 1 - 0.55 / height, title, fontsize=19, weight="bold", color=INK, va="center")
    for number, line in enumerate(text):
        figure.text(0.03, 1 - (1.0 + 0.24 * number) / height, line, fontsize=11, color=MUTED, va="center")


def _plots(figure: Any, single: Sequence[CellFigures], overall: Sequence[CellFigures]) -> None:
    """Side by side, or one below the other where there are many bars."""
    crowded = progress_bars.crowded(single)
    bars, stairs = figure.subfigures(2, 1) if crowded else figure.subfigures(1, 2)
    progress_bars.draw(bars, single)
    time_to_success.draw(stairs, overall)
    bars.subplots_adjust(left=0.11, right=0.97, bottom=0.38 if crowded else 0.2, top=0.9)
    stairs.subplots_adjust(left=0.11, right=0.97, bottom=0.2, top=0.9)


def _table(figure: Any, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    axes = figure.add_axes((0.03, 0.02, 0.94, 0.96))
    axes.axis("off")
    table = axes.table(cellText=list(rows), colLabels=list(columns), cellLoc="left", colLoc="left", bbox=(0, 0, 1, 1))
    table.auto_set_font_size(False)
    table.set_fontsize(10)
    table.auto_set_column_width(list(range(len(columns))))
    for (row, _), cell in table.get_celld().items():
        cell.set_edgecolor(GRID)
        cell.visible_edges = "B"
        cell.get_text().set_color(MUTED if row == 0 else INK)

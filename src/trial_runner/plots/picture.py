"""The one picture of a run: every plot of the report on one sheet, under the run's headline."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from trial_runner.latencies import LOCKSTEP_NOTE
from trial_runner.plots import actions, latency, path, timeline, views
from trial_runner.plots.style import INK, MUTED
from trial_runner.plots.views import Codebook, Examples
from trial_runner.run_data import RunData

WIDTH_IN, DPI = 14.0, 100
HEADER_IN, VIEWS_MARGIN_IN, MOTION_IN, TIMELINE_IN, LATENCY_IN = 1.0, 0.25, 6.4, 3.4, 4.8


def write_picture(
    run: RunData, examples: Examples, codebook: Codebook | None, *, title: str, headline: str, target: Path
) -> None:
    """Write the sheet as PNG, 1400 pixels wide; as high as what the run has to show."""
    views_in = examples.height(WIDTH_IN) + VIEWS_MARGIN_IN
    heights = (HEADER_IN, views_in, MOTION_IN, TIMELINE_IN, LATENCY_IN)
    figure = Figure(figsize=(WIDTH_IN, sum(heights)))
    rows: Any = figure.subfigures(len(heights), 1, height_ratios=heights)
    rows[0].text(0.03, 0.64, title, fontsize=19, weight="bold", color=INK, va="center")
    rows[0].text(0.03, 0.22, headline, fontsize=12, color=MUTED, va="center")
    _margins(rows[1], left=0.045, right=0.985, bottom=VIEWS_MARGIN_IN / views_in, top=1 - 0.35 / views_in)
    views.draw(rows[1], examples, codebook)
    left, right = rows[2].subfigures(1, 2, width_ratios=(1, 1))
    _margins(left, left=0.1, right=0.97, bottom=0.1, top=0.9)
    path.draw(left, run)
    _margins(right, left=0.1, right=0.965, bottom=0.1, top=0.92)
    actions.draw(right, run)
    _margins(rows[3], left=0.085, right=0.98, bottom=0.26, top=0.88)
    timeline.draw(rows[3], run)
    _margins(rows[4], left=0.06, right=0.83, bottom=0.17, top=0.9)
    latency.draw(rows[4], run)
    if run.in_lockstep:
        rows[4].text(0.06, 0.03, LOCKSTEP_NOTE, color=MUTED)
    figure.savefig(target, dpi=DPI)


def _margins(figure: Any, *, left: float, right: float, bottom: float, top: float) -> None:
    figure.subplots_adjust(left=left, right=right, bottom=bottom, top=top)

"""The report of a run: one picture, and one page that needs nothing beside itself."""

import base64
import io
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from matplotlib.figure import Figure

from trial_runner.plots import actions, latency, path, timeline, views
from trial_runner.plots.style import INK, MUTED, VERDICTS, report_style
from trial_runner.plots.views import Codebook
from trial_runner.run_data import ChunkStory, RunData, load_run
from trial_runner.summary import RunSummary, stage_milliseconds, summarise
from trial_runner.terminal import success_line, summary_rows

WIDTH_IN, DPI = 14.0, 100
PAGE_DPI = 110

Draw = Callable[[Any], None]


def write_report(bag: Path, output: Path, codebook: Codebook | None) -> RunSummary:
    """Write report.html and report.png.

    Args:
        bag: folder of a closed bag.
        output: folder that gets the two files; made where it is not there.
        codebook: depth codes (100 of 0..127, row-major 10 x 10) -> depth picture; None shows the codes themselves.

    Raises:
        BagError: no closed bag, or a message that cannot be decoded.
    """
    run = load_run(bag)
    summary = summarise(run)
    output.mkdir(parents=True, exist_ok=True)
    with report_style():
        _write_picture(run, summary, codebook, output / "report.png")
        page = _page(run, summary, codebook)
    (output / "report.html").write_text(page, encoding="utf-8")
    return summary


def headline(summary: RunSummary) -> str:
    """The run in one line."""
    finished = f"{summary.executed} of {sum(summary.verdicts.values())} chunks executed"
    return f"{success_line(summary)} · {finished} · {summary.duration_s:.1f} s · {summary.model or 'no policy'}"


def _write_picture(run: RunData, summary: RunSummary, codebook: Codebook | None, target: Path) -> None:
    figure = Figure(figsize=(WIDTH_IN, 20.0))
    rows: Any = figure.subfigures(5, 1, height_ratios=(0.9, 4.4, 6.4, 3.5, 4.8))
    _draw_header(rows[0], summary)
    _margins(rows[1], left=0.03, right=0.985, bottom=0.02, top=0.92)
    views.draw(rows[1], run, codebook)
    left, right = rows[2].subfigures(1, 2, width_ratios=(1, 1))
    _margins(left, left=0.1, right=0.97, bottom=0.1, top=0.9)
    path.draw(left, run)
    _margins(right, left=0.1, right=0.965, bottom=0.1, top=0.92)
    actions.draw(right, run)
    _margins(rows[3], left=0.085, right=0.98, bottom=0.26, top=0.88)
    timeline.draw(rows[3], run)
    _margins(rows[4], left=0.06, right=0.83, bottom=0.14, top=0.9)
    latency.draw(rows[4], run)
    figure.savefig(target, dpi=DPI)


def _draw_header(figure: Any, summary: RunSummary) -> None:
    figure.text(0.03, 0.62, summary.instruction or summary.bag.name, fontsize=19, weight="bold", color=INK, va="center")
    figure.text(0.03, 0.22, headline(summary), fontsize=12, color=MUTED, va="center")


def _margins(figure: Any, *, left: float, right: float, bottom: float, top: float) -> None:
    figure.subplots_adjust(left=left, right=right, bottom=bottom, top=top)


def _page(run: RunData, summary: RunSummary, codebook: Codebook | None) -> str:
    drawings: list[tuple[str, Draw, float]] = [
        ("What it saw and thought", partial(views.draw, run=run, codebook=codebook), 5.0),
        ("When", partial(timeline.draw, run=run), 3.2),
        ("Where the arm went", partial(path.draw, run=run), 7.0),
        ("What each chunk asked for", partial(actions.draw, run=run), 5.5),
        ("Where the time went", partial(latency.draw, run=run), 4.6),
    ]
    environment = Environment(loader=PackageLoader("trial_runner"), autoescape=select_autoescape(default=True))
    return environment.get_template("report.html.j2").render(
        title=summary.instruction or summary.bag.name,
        headline=headline(summary),
        success=summary.success,
        rows=summary_rows(summary),
        figures=[(title, _inline_png(draw, height)) for title, draw, height in drawings],
        chunks=[_chunk_row(run, story) for story in run.stories],
        counts=sorted((topic, count, run.drops.get(topic, 0)) for topic, count in run.counts.items()),
        info=run.info.model_dump(),
        bag=summary.bag,
        written=datetime.now(tz=UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def _inline_png(draw: Draw, height_in: float) -> str:
    figure = Figure(figsize=(WIDTH_IN, height_in))
    draw(figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=PAGE_DPI, bbox_inches="tight", pad_inches=0.12)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _chunk_row(run: RunData, story: ChunkStory) -> dict[str, Any]:
    thought = story.reasoning
    spent = stage_milliseconds(story.ledger)
    spent.pop("execution", None)
    return {
        "sequence": story.sequence,
        "seconds": (story.observed_ns - run.start_ns) / 1e9,
        "verdict": story.verdict.value,
        "colour": VERDICTS[story.verdict],
        "steps": story.statuses[-1].steps_done if story.statuses else 0,
        "latency_ms": sum(spent.values()),
        "passes": story.ledger.forward_passes,
        "why": story.why or ", ".join(f"clipped by {check}" for check in sorted(story.clipped)),
        "text": thought.text if thought is not None else "",
    }

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

from trial_runner.latencies import LOCKSTEP_NOTE, SPAN_LABELS, STAGE_LABELS, stage_milliseconds
from trial_runner.plots import actions, latency, path, timeline, views
from trial_runner.plots.picture import MOTION_IN, WIDTH_IN, write_picture
from trial_runner.plots.style import VERDICTS, report_style
from trial_runner.plots.views import Codebook, Examples, find_examples
from trial_runner.run_data import ChunkStory, RunData, load_run
from trial_runner.summary import RunSummary, summarise
from trial_runner.terminal import EPISODE_COLUMNS, episode_cells, success_line, summary_rows

PAGE_DPI = 110


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
    examples = find_examples(run)
    output.mkdir(parents=True, exist_ok=True)
    with report_style():
        words = {"title": title(summary), "headline": headline(summary)}
        write_picture(run, examples, codebook, **words, target=output / "report.png")
        page = _page(run, summary, examples, codebook)
    (output / "report.html").write_text(page, encoding="utf-8")
    return summary


def title(summary: RunSummary) -> str:
    """What the run is called: what the robot was asked to do, or else by its bag."""
    return summary.instruction or summary.bag.name


def headline(summary: RunSummary) -> str:
    """The run in one line."""
    finished = f"{summary.executed} of {sum(summary.verdicts.values())} chunks executed"
    return f"{success_line(summary)} · {finished} · {summary.duration_s:.1f} s · {summary.model or 'no policy'}"


def _page(run: RunData, summary: RunSummary, examples: Examples, codebook: Codebook | None) -> str:
    environment = Environment(loader=PackageLoader("trial_runner"), autoescape=select_autoescape(default=True))
    whole = next(iter(SPAN_LABELS))
    return environment.get_template("report.html.j2").render(
        title=title(summary),
        headline=headline(summary),
        success=summary.success,
        rows=summary_rows(summary),
        episode_columns=EPISODE_COLUMNS,
        episodes=[episode_cells(placement) for placement in summary.placements],
        figures={
            "views": _inline_png(partial(views.draw, examples=examples, codebook=codebook), examples.height(WIDTH_IN)),
            "timeline": _inline_png(partial(timeline.draw, run=run), 3.2),
            "path": _inline_png(partial(path.draw, run=run), MOTION_IN, WIDTH_IN / 2),
            "actions": _inline_png(partial(actions.draw, run=run), MOTION_IN, WIDTH_IN / 2),
            "latency": _inline_png(partial(latency.draw, run=run), 4.6),
        },
        stages=summary.stages,
        whole_label=whole,
        whole=summary.spans.get(whole),
        clock=run.clock,
        note=LOCKSTEP_NOTE if summary.in_lockstep else "",
        chunks=[_chunk_row(run, story) for story in run.stories],
        counts=sorted((topic, count, run.drops.get(topic, 0)) for topic, count in run.counts.items()),
        info=run.info.model_dump(),
        bag=summary.bag,
        written=datetime.now(tz=UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def _inline_png(draw: Callable[[Any], None], height_in: float, width_in: float = WIDTH_IN) -> str:
    figure = Figure(figsize=(width_in, height_in))
    draw(figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=PAGE_DPI, bbox_inches="tight", pad_inches=0.12)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _chunk_row(run: RunData, story: ChunkStory) -> dict[str, Any]:
    thought = story.reasoning
    spent = stage_milliseconds(story.ledger)
    spent.pop(STAGE_LABELS["last_step_applied"], None)
    return {
        "number": story.number,
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

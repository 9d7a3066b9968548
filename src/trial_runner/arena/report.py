"""What the votes amount to: ratings with their intervals, and who won against whom, on the terminal and as a page."""

import base64
import io
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, select_autoescape
from matplotlib.figure import Figure
from rich.table import Table

from trial_runner.arena.arena import VOTES
from trial_runner.arena.votes import Choice, Votes
from trial_runner.plots.style import MUTED, report_style
from trial_runner.plots.time_to_success import COLOURS
from trial_runner.statistics.arena import BASE, Rating, Vote, ratings

COLUMNS = ("policy", "rating", "95 % interval", "won", "lost", "tied")
REPORT, PICTURE = "report.html", "ratings.png"
SEED = 0
"""Of the bootstrap: the same votes always give the same intervals."""


def arena_rows(found: Sequence[Rating], votes: Sequence[Vote]) -> list[tuple[str, ...]]:
    """What stands in COLUMNS, the best policy first."""
    return [_row(rating, votes) for rating in found]


def report_arena(folder: Path) -> tuple[Table, Path]:
    """Write report.html and ratings.png into the arena's folder.

    Returns:
        The table for the terminal, and the page's path.

    Raises:
        UserError: its votes cannot be read, or there are none.
    """
    votes = Votes(folder / VOTES)
    counted = votes.counted()
    found = ratings(counted, seed=SEED)
    rows = arena_rows(found, counted)
    table = Table(*COLUMNS, caption=f"{len(counted)} votes; Bradley-Terry strengths in Elo points around {BASE:g}")
    for row in rows:
        table.add_row(*row)
    picture = _picture(found)
    (folder / PICTURE).write_bytes(picture)
    environment = Environment(loader=PackageLoader("trial_runner"), autoescape=select_autoescape(default=True))
    page = environment.get_template("arena_report.html.j2").render(
        columns=COLUMNS,
        rows=rows,
        votes=len(counted),
        skipped=sum(line.choice is Choice.SKIP for line in votes.lines),
        left=Counter(vote.score for vote in counted),
        figure=base64.b64encode(picture).decode("ascii"),
        base=f"{BASE:g}",
        written=datetime.now(tz=UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
    target = folder / REPORT
    target.write_text(page, encoding="utf-8")
    return table, target


def _row(rating: Rating, votes: Sequence[Vote]) -> tuple[str, ...]:
    scores = [vote.score if vote.left == rating.policy else 1 - vote.score for vote in votes
              if rating.policy in (vote.left, vote.right)]  # fmt: skip
    outcomes = Counter(scores)
    counts = (str(outcomes[score]) for score in (1.0, 0.0, 0.5))
    return rating.policy, f"{rating.rating:.0f}", f"{rating.low:.0f} to {rating.high:.0f}", *counts


def _picture(found: Sequence[Rating]) -> bytes:
    with report_style():
        figure = Figure(figsize=(9, 0.8 + 0.5 * len(found)))
        axes = figure.subplots()
        for place, (rating, colour) in enumerate(zip(found, COLOURS * len(found), strict=False)):
            axes.plot([rating.low, rating.high], [place, place], color=colour, linewidth=3, solid_capstyle="round")
            axes.plot(rating.rating, place, "o", color=colour, markersize=9)
        axes.axvline(BASE, color=MUTED, linewidth=0.8)
        axes.set_yticks(range(len(found)), [rating.policy for rating in found])
        axes.set(ylim=(len(found) - 0.5, -0.5), xlabel="Elo points")
        buffer = io.BytesIO()
        figure.savefig(buffer, dpi=120, bbox_inches="tight", pad_inches=0.12)
    return buffer.getvalue()

"""The summary of a run as tables on the terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from trial_runner.episode import EpisodeResult
from trial_runner.summary import RunSummary


def print_summary(summary: RunSummary, results: Sequence[EpisodeResult], console: Console) -> None:
    """Print the run's numbers, and where there were several episodes, a line for each."""
    console.print(summary_table(summary))
    if len(results) > 1:
        console.print(episodes_table(results))


def episodes_table(results: Sequence[EpisodeResult]) -> Table:
    """One row an episode, in the order in which they were run."""
    table = Table("seed", "result", "chunks", "seconds", title="episodes", title_justify="left")
    for result in results:
        word = success_text(result.success)
        table.add_row(str(result.seed), word, str(result.finished), f"{result.world_seconds:.1f}")
    return table


def summary_table(summary: RunSummary) -> Table:
    """A table of two columns: what, and how much."""
    table = Table(title=summary.instruction or summary.bag.name, show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column()
    for name, value in summary_rows(summary):
        table.add_row(name, value)
    return table


def summary_rows(summary: RunSummary) -> list[tuple[str, str]]:
    """Name and value of everything worth a line, in reading order."""
    rows = [("task", success_line(summary)), ("policy", summary.model or "none")]
    rows.append(("duration", f"{summary.duration_s:.1f} s of the run's clock"))
    rows += [(f"chunks {verdict}", str(count)) for verdict, count in sorted(summary.verdicts.items())]
    rows += [(f"clipped by {check}", f"{count} chunks") for check, count in sorted(summary.clipped.items())]
    for arm, numbers in summary.arms.items():
        path = f"{numbers.measured_m:.2f} m measured, {numbers.commanded_m:.2f} m commanded"
        rows.append((f"{arm}: path", path))
        if numbers.max_step_speed is not None:
            rows.append((f"{arm}: fastest step", f"{numbers.max_step_speed * 1000:.0f} mm/s"))
        rows.append((f"{arm}: largest error", f"{numbers.max_error_m * 1000:.1f} mm"))
        rows.append((f"{arm}: running / holding", f"{numbers.running_s:.1f} / {numbers.holding_s:.1f} s"))
    rows += [(s, f"{t.median_ms:.0f} ms median, {t.p99_ms:.0f} ms p99") for s, t in summary.stages.items()]
    if summary.forward_passes:
        rows.append(("forward passes", f"{summary.forward_passes:g} a chunk"))
    rows.append(("lost by the recorder", str(sum(summary.drops.values()))))
    return rows


def success_line(summary: RunSummary) -> str:
    """Success of the run in a few words."""
    if len(summary.episodes) < 2:
        return success_text(summary.success)
    return f"solved in {sum(summary.episodes.values())} of {len(summary.episodes)} episodes"


def success_text(success: bool | None) -> str:
    """Success in a word."""
    return "not known" if success is None else "solved" if success else "not solved"

"""The summary of a run as tables on the terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from trial_runner.episode import EpisodeResult
from trial_runner.latencies import LOCKSTEP_NOTE, Latency
from trial_runner.placements import Placement
from trial_runner.summary import ArmSummary, RunSummary

EPISODE_COLUMNS = ("seed", "instruction", "result", "chunks", "world seconds")


def print_summary(summary: RunSummary, results: Sequence[EpisodeResult], console: Console) -> None:
    """Print the run's numbers, and where there were several episodes, a line for each."""
    console.print(summary_table(summary))
    if len(results) > 1:
        console.print(episodes_table(results))


def episodes_table(results: Sequence[EpisodeResult]) -> Table:
    """One row an episode, in the order in which they were run."""
    table = Table(*EPISODE_COLUMNS, title="episodes", title_justify="left")
    for result in results:
        table.add_row(*episode_cells(result))
    return table


def episode_cells(result: EpisodeResult | Placement) -> tuple[str, ...]:
    """What stands in EPISODE_COLUMNS."""
    numbers = (str(result.executed), f"{result.world_seconds:.1f}")
    return str(result.seed), result.instruction, success_text(result.success), *numbers


def summary_table(summary: RunSummary) -> Table:
    """A table of two columns: what, and how much; latencies set apart, with what must be known to read them."""
    note = LOCKSTEP_NOTE if summary.in_lockstep and summary.spans else None
    title = summary.instruction or summary.bag.name
    table = Table(title=title, show_header=False, title_justify="left", caption=note, caption_justify="left")
    table.add_column(style="bold")
    table.add_column()
    for name, value in summary_rows(summary):
        table.add_row(name, value)
    table.add_section()
    for place, (name, latency) in enumerate(summary.spans.items()):
        table.add_row(f"  {name}" if place else name, latency_text(latency))
    return table


def summary_rows(summary: RunSummary) -> list[tuple[str, str]]:
    """Name and value of everything worth a line but the latencies, in reading order."""
    rows = [("task", success_line(summary)), ("policy", summary.model or "none")]
    rows.append(("duration", f"{summary.duration_s:.1f} s of the run's clock"))
    rows.append(("chunks", ", ".join(f"{n} {verdict}" for verdict, n in sorted(summary.verdicts.items())) or "none"))
    if summary.forward_passes:
        rows.append(("forward passes", f"{summary.forward_passes:g} a chunk"))
    if summary.clipped:
        rows.append(("chunks clipped", ", ".join(f"{n} by {check}" for check, n in sorted(summary.clipped.items()))))
    for arm, numbers in summary.arms.items():
        rows += [(f"{arm}: {name}", value) for name, value in _arm_rows(numbers)]
    if lost := sum(summary.drops.values()):
        rows.append(("lost by the recorder", f"{lost} messages"))
    return rows


def latency_text(latency: Latency) -> str:
    """Median and p99."""
    return f"{latency.median_ms:.0f} ms median, {latency.p99_ms:.0f} ms p99"


def success_line(summary: RunSummary) -> str:
    """Success of the run in a few words."""
    if len(summary.placements) < 2:
        return success_text(summary.success)
    return f"solved in {sum(p.success for p in summary.placements)} of {len(summary.placements)} episodes"


def success_text(success: bool | None) -> str:
    """Success in a word."""
    return "not known" if success is None else "solved" if success else "not solved"


def _arm_rows(numbers: ArmSummary) -> list[tuple[str, str]]:
    rows = [("path", f"{numbers.measured_m:.2f} m measured, {numbers.commanded_m:.2f} m commanded")]
    if numbers.max_step_speed is not None:
        rows.append(("fastest step", f"{numbers.max_step_speed * 1000:.0f} mm/s"))
    rows.append(("largest error", f"{numbers.max_error_m * 1000:.1f} mm"))
    rows.append(("running, holding", f"{numbers.running_s:.1f} s, {numbers.holding_s:.1f} s"))
    return rows

"""The time axis that pictures of a run share: from shortly before the first chunk on, episodes set apart."""

from typing import Any

from trial_runner.placements import placements
from trial_runner.plots.style import MUTED
from trial_runner.run_data import RunData

LEAD_IN = 0.02
"""Of the shown time, before the first chunk."""


def run_seconds(run: RunData, stamp_ns: int) -> float:
    """Seconds since the recording began."""
    return (stamp_ns - run.start_ns) / 1e9


def shown_seconds(run: RunData) -> tuple[float, float]:
    """Left and right end: what lies before the first chunk is waiting for the graph to be up."""
    end = max(run_seconds(run, run.span_ns[1]), 1e-3)
    if not run.stories:
        return 0.0, end
    first = run_seconds(run, min(story.observed_ns for story in run.stories))
    return max(first - LEAD_IN * (end - first), 0.0), end


def set_time_axis(axes: Any, run: RunData, *, labelled: bool) -> None:
    """Limits and label of the x axis; where each of several episodes begins a thin line, `labelled` with its seed."""
    axes.set(xlabel=f"{run.clock} (s)", xlim=shown_seconds(run))
    episodes = placements(run)
    for episode in episodes if len(episodes) > 1 else ():
        begun = run_seconds(run, episode.begun_ns)
        axes.axvline(begun, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=3)
        if labelled:
            place = {"xy": (begun, 1), "xycoords": ("data", "axes fraction"), "xytext": (3, -2), "va": "top"}
            axes.annotate(f"seed {episode.seed}", **place, textcoords="offset points", fontsize=8, color=MUTED)

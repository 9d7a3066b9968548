"""Where the time of each chunk went, from the exposure of its newest view to its first commanded step."""

from typing import Any

import numpy as np

from trial_runner.latencies import STAGE_LABELS, stage_milliseconds
from trial_runner.plots.style import STAGES, say_nothing_there
from trial_runner.run_data import RunData

SHOWN = tuple(label for label in STAGE_LABELS.values() if label != STAGE_LABELS["last_step_applied"])
"""Execution takes as long as the steps do and says nothing about latency."""

TICKS = 40
"""More numbers of chunks than this would cover each other."""


def draw(figure: Any, run: RunData) -> None:
    """One stacked bar a chunk."""
    stages = [stage_milliseconds(story.ledger) for story in run.stories]
    if not any(stages):
        say_nothing_there(figure, "no ledger was recorded")
        return
    axes = figure.subplots()
    numbers = np.array([story.number for story in run.stories])
    bottom = np.zeros(len(stages))
    for label in SHOWN:
        heights = np.array([found.get(label, 0.0) for found in stages])
        if heights.any():
            axes.bar(numbers, heights, 0.72, bottom, color=STAGES[label], label=label)
            bottom += heights
    axes.set_xticks(numbers[:: -(-len(numbers) // TICKS)])
    axes.grid(visible=False, axis="x")
    axes.set(xlabel="chunk", ylabel=f"{run.clock} (ms)", title="latency ledger: exposure to first step")
    axes.set(xlim=(0.3, len(numbers) + 0.7), ylim=(0, max(bottom.max() * 1.02, 1.0)))
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="upper left", bbox_to_anchor=(1.0, 1.0))

"""Where the time of each chunk went, from the exposure of its newest view to its first commanded step."""

from typing import Any

import numpy as np

from trial_runner.plots.style import STAGES, say_nothing_there
from trial_runner.run_data import RunData
from trial_runner.summary import STAGE_LABELS, stage_milliseconds

SHOWN = tuple(label for label in STAGE_LABELS.values() if label != STAGE_LABELS["last_step_applied"])
"""Execution takes as long as the steps do and says nothing about latency."""


def draw(figure: Any, run: RunData) -> None:
    """One stacked bar a chunk."""
    stages = {story.sequence: stage_milliseconds(story.ledger) for story in run.stories}
    if not any(stages.values()):
        say_nothing_there(figure, "no ledger was recorded")
        return
    axes = figure.subplots()
    places, bottom = np.arange(len(stages)), np.zeros(len(stages))
    for label in SHOWN:
        heights = np.array([found.get(label, 0.0) for found in stages.values()])
        if heights.any():
            axes.bar(places, heights, 0.72, bottom, color=STAGES[label], label=label)
            bottom += heights
    step = max(1, len(stages) // 15)
    axes.set_xticks(places[::step], list(stages)[::step])
    axes.grid(visible=False, axis="x")
    axes.set(xlabel="chunk", ylabel="ms of the run's clock", title="latency ledger: exposure to first step")
    axes.set_ylim(0, bottom.max() * 1.02)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="upper left", bbox_to_anchor=(1.0, 1.0))

"""What each chunk asked for, step by step: translation, rotation and gripper over the bridge's step counter."""

from typing import Any

import numpy as np

from molmoact_common.chunks import DOF_PER_ARM
from trial_runner.plots.style import AXES, GRID, INK, say_nothing_there
from trial_runner.run_data import RunData

ROWS = (("mm a step", slice(0, 3), 1000.0), ("° a step", slice(3, 6), float(np.degrees(1))))
SMALLEST_SPAN = 1.0
"""An axis spans at least so many mm or degrees to either side, so that noise does not look like motion."""


def draw(figure: Any, run: RunData) -> None:
    """One column an arm; the chunk that is entered later lies over the one before."""
    chunks = [story.chunk for story in run.stories if story.chunk is not None]
    if not chunks:
        say_nothing_there(figure, "no chunk was recorded")
        return
    arms = chunks[0].arms
    grid = figure.subplots(3, len(arms), sharex=True, squeeze=False, gridspec_kw={"height_ratios": (3, 3, 1.4)})
    for column, arm in enumerate(arms):
        first = column * DOF_PER_ARM
        for chunk in chunks:
            steps = chunk.command_step + np.arange(len(chunk.deltas) + 1)
            for row, (_, columns, scale) in enumerate(ROWS):
                values = chunk.deltas[:, first : first + DOF_PER_ARM][:, columns] * scale
                for axis, colour in enumerate(AXES):
                    grid[row, column].stairs(values[:, axis], steps, color=colour, linewidth=1.4, baseline=None)
            grid[2, column].stairs(chunk.deltas[:, first + 6], steps, color=INK, linewidth=1.4, baseline=None)
            for axes in grid[:, column]:
                axes.axvline(chunk.command_step, color=GRID, linewidth=1, zorder=0)
        _name(grid[:, column], arm)


def _name(axes: Any, arm: str) -> None:
    axes[0].set_title(f"{arm}: deltas of every chunk")
    for row, (label, _, _) in enumerate(ROWS):
        axes[row].set_ylabel(label)
        low, high = axes[row].get_ylim()
        axes[row].set_ylim(min(low, -SMALLEST_SPAN), max(high, SMALLEST_SPAN))
    for axis, colour in zip("xyz", AXES, strict=True):
        axes[0].plot([], [], color=colour, label=axis)
    axes[0].legend(loc="upper right", ncols=3, bbox_to_anchor=(1, 1.25))
    axes[2].set(ylabel="gripper", xlabel="command step", ylim=(-0.1, 1.1), yticks=(0, 1))

"""How soon each policy succeeds: the share of its trials that had succeeded, over time."""

from collections.abc import Sequence
from typing import Any

from trial_runner.plots.style import say_nothing_there
from trial_runner.trials.results import CellFigures

COLOURS = ("#2b6cb0", "#dd6b20", "#2f9e8f", "#805ad5", "#c53030", "#4a5568")


def draw(figure: Any, cells: Sequence[CellFigures]) -> None:
    """A staircase a policy; where it ends is its success rate."""
    if not any(cell.seconds for cell in cells):
        say_nothing_there(figure, "no trial has succeeded yet")
        return
    axes = figure.subplots()
    last = max(cell.seconds[-1] for cell in cells if cell.seconds) * 1.05
    for colour, cell in zip(COLOURS * len(cells), cells, strict=False):
        trials = cell.success.trials
        times = [0.0, *cell.seconds, last]
        shares = [count / trials for count in range(len(cell.seconds) + 1)]
        axes.step(times, [*shares, shares[-1]], where="post", color=colour, label=f"{cell.policy} ({trials} trials)")
    axes.set(xlabel="seconds", ylim=(0, 1.02), xlim=(0, last))
    axes.legend(loc="upper left")
    axes.set_title("share of trials that had succeeded")

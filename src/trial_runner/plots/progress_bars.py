"""How far each policy comes in each cell: mean progress with its standard error, and the success rate as a mark."""

from collections.abc import Sequence
from typing import Any

from trial_runner.plots.style import INK
from trial_runner.plots.time_to_success import COLOURS
from trial_runner.trials.results import CellFigures

CROWDED = 4
"""Groups of bars above which their names are turned, and want the whole width of a page."""


def crowded(cells: Sequence[CellFigures]) -> bool:
    """Whether there are so many."""
    return len({(cell.task, cell.condition) for cell in cells}) > CROWDED


def draw(figure: Any, cells: Sequence[CellFigures]) -> None:
    """A group of bars a task and condition, one bar a policy, in the colours of the staircases."""
    axes = figure.subplots()
    places = list(dict.fromkeys((cell.task, cell.condition) for cell in cells))
    policies = list(dict.fromkeys(cell.policy for cell in cells))
    width = 0.8 / len(policies)
    for cell in cells:
        number = policies.index(cell.policy)
        at = places.index((cell.task, cell.condition)) + (number - (len(policies) - 1) / 2) * width
        colour = COLOURS[number % len(COLOURS)]
        axes.bar(at, cell.progress.mean, width * 0.92, color=colour, alpha=0.75)
        axes.errorbar(at, cell.progress.mean, cell.progress.standard_error or 0.0, color=INK, capsize=3, linewidth=1)
        axes.plot(at, cell.success.rate, marker="_", markersize=16 * width + 4, color=INK, markeredgewidth=2.5)
    names = [task if condition == task else f"{task}\n{condition}" for task, condition in places]
    turned = {"rotation": 35, "ha": "right", "fontsize": 8} if crowded(cells) else {}
    axes.set_xticks(range(len(places)), names, **turned)
    axes.set(ylim=(0, 1.05), ylabel="progress")
    axes.grid(visible=False, axis="x")
    axes.set_title("mean progress ± standard error; mark: success rate")

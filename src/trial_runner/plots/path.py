"""Where the arms went: commanded against measured TCP path in 3D, and the distance between the two over time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demo_recorder.records import ArmRecord
from trial_runner.plots.style import ARMS, COMMANDED, GRIPPER, INK, MEASURED, say_nothing_there
from trial_runner.run_data import RunData
from trial_runner.summary import positions


def draw(figure: Any, run: RunData) -> None:
    """One column an arm, and the distances of all arms below."""
    if not run.arms:
        say_nothing_there(figure, "no arm state was recorded")
        return
    grid = figure.add_gridspec(2, len(run.arms), height_ratios=(5, 1), hspace=0.2)
    below = figure.add_subplot(grid[1, :])
    for column, (arm, samples) in enumerate(run.arms.items()):
        commanded, measured = positions(samples, "commanded"), positions(samples, "measured")
        space = figure.add_subplot(grid[0, column], projection="3d")
        space.set_title(f"TCP path of {arm}, base frame", loc="center")
        _draw_path(space, commanded, measured, gripper_changes(samples))
        _frame(space, np.vstack([commanded, measured]))
        seconds = np.array([(sample.stamp_ns - run.start_ns) / 1e9 for sample in samples])
        apart = np.linalg.norm(commanded - measured, axis=1) * 1000
        below.plot(seconds, apart, color=ARMS[column % len(ARMS)], linewidth=1, label=arm)
    below.set(xlabel="time (s)", ylabel="mm", title="distance of measured from commanded TCP")
    below.margins(x=0)
    below.set_ylim(bottom=0)
    if len(run.arms) > 1:
        below.legend(loc="upper right", ncols=len(run.arms))
    figure.legend(*space.get_legend_handles_labels(), loc="upper center", ncols=5, columnspacing=1.2)


def gripper_changes(samples: Sequence[ArmRecord]) -> list[int]:
    """Indices of the samples at which the commanded gripper crosses half open."""
    opened = np.array([sample.gripper_commanded > 0.5 for sample in samples])
    return [int(index) + 1 for index in np.flatnonzero(opened[1:] != opened[:-1])]


def _draw_path(
    axes: Any, commanded: NDArray[np.float64], measured: NDArray[np.float64], changes: Sequence[int]
) -> None:
    axes.plot(*commanded.T, color=COMMANDED, linewidth=2.4, label="commanded")
    axes.plot(*measured.T, color=MEASURED, linewidth=1.2, label="measured")
    marks = (("start", [0], "o", INK), ("end", [-1], "s", INK), ("gripper moves", list(changes), "D", GRIPPER))
    for label, indices, marker, colour in marks:
        axes.scatter(*measured[indices].T, marker=marker, s=36, color=colour, label=label, depthshade=False)


def _frame(axes: Any, points: NDArray[np.float64]) -> None:
    """Equal scales on all axes, around everything that was drawn."""
    centre = (points.max(axis=0) + points.min(axis=0)) / 2
    half = max(float(np.ptp(points, axis=0).max()) / 2 * 1.1, 0.02)
    for axis, name in enumerate("xyz"):
        limits = (centre[axis] - half, centre[axis] + half)
        axes.set(**{f"{name}lim": limits, f"{name}label": f"{name} (m)"})
    axes.set_box_aspect((1, 1, 1), zoom=0.98)
    axes.locator_params(nbins=5)
    axes.view_init(elev=24, azim=-58)

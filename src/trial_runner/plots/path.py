"""Where the arms went: commanded against measured TCP path in 3D, and the distance between the two over time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demo_recorder.records import ArmRecord
from trial_runner.plots.style import ARMS, COMMANDED, GRIPPER, INK, MEASURED, PAPER, say_nothing_there
from trial_runner.plots.time_axis import run_seconds, set_time_axis, shown_seconds
from trial_runner.run_data import RunData
from trial_runner.summary import positions


def draw(figure: Any, run: RunData) -> None:
    """One column an arm, and the distances of all arms below; from shortly before the first chunk on."""
    begun = shown_seconds(run)[0]
    shown = {arm: [s for s in all_ if run_seconds(run, s.stamp_ns) >= begun] for arm, all_ in run.arms.items()}
    arms = {arm: samples for arm, samples in shown.items() if samples}
    if not arms:
        say_nothing_there(figure, "no arm state was recorded")
        return
    grid = figure.add_gridspec(2, len(arms), height_ratios=(5, 1), hspace=0.2)
    below = figure.add_subplot(grid[1, :])
    for column, (arm, samples) in enumerate(arms.items()):
        commanded, measured = positions(samples, "commanded"), positions(samples, "measured")
        space = figure.add_subplot(grid[0, column], projection="3d")
        space.set_title(f"TCP path of {arm}, base frame", loc="center")
        _draw_path(space, commanded, measured, samples)
        _frame(space, np.vstack([commanded, measured]))
        seconds = [run_seconds(run, sample.stamp_ns) for sample in samples]
        apart = np.linalg.norm(commanded - measured, axis=1) * 1000
        below.plot(seconds, apart, color=ARMS[column % len(ARMS)], linewidth=1, label=arm)
    below.set(ylabel="mm", title="distance of measured from commanded TCP")
    set_time_axis(below, run, labelled=False)
    below.set_ylim(bottom=0)
    if len(arms) > 1:
        below.legend(loc="upper right", ncols=len(arms))
    figure.legend(*space.get_legend_handles_labels(), loc="upper center", ncols=6, columnspacing=1.0, handlelength=1.4)


def gripper_changes(samples: Sequence[ArmRecord]) -> tuple[list[int], list[int]]:
    """Indices of the samples at which the commanded gripper crosses half open: where it opens, where it closes."""
    opened = np.array([sample.gripper_commanded > 0.5 for sample in samples], dtype=int)
    change = np.diff(opened)
    return [int(i) + 1 for i in np.flatnonzero(change > 0)], [int(i) + 1 for i in np.flatnonzero(change < 0)]


def _draw_path(
    axes: Any, commanded: NDArray[np.float64], measured: NDArray[np.float64], samples: Sequence[ArmRecord]
) -> None:
    axes.plot(*commanded.T, color=COMMANDED, linewidth=2.4, label="commanded")
    axes.plot(*measured.T, color=MEASURED, linewidth=1.2, label="measured")
    opens, closes = gripper_changes(samples)
    marks = (
        ("start", [0], "o", 36, INK, INK),
        ("end", [-1], "s", 36, INK, INK),
        ("gripper opens", opens, "D", 11, PAPER, GRIPPER),
        ("gripper closes", closes, "D", 11, GRIPPER, GRIPPER),
    )
    for label, indices, marker, size, fill, edge in marks:
        look = {"marker": marker, "s": size, "facecolor": fill, "edgecolor": edge, "depthshade": False}
        axes.scatter(*measured[indices].T, **look, label=label)


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

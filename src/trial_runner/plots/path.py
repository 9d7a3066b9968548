"""Where the arms went: commanded against measured TCP path in 3D, and the distance between the two over time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demo_recorder.records import ArmRecord
from trial_runner.plots.style import COMMANDED, INK, MEASURED, MUTED, say_nothing_there
from trial_runner.run_data import RunData
from trial_runner.summary import positions


def draw(figure: Any, run: RunData) -> None:
    """One column an arm."""
    if not run.arms:
        say_nothing_there(figure, "no arm state was recorded")
        return
    for column, (arm, samples) in enumerate(run.arms.items()):
        commanded, measured = positions(samples, "commanded"), positions(samples, "measured")
        grid = figure.add_gridspec(2, len(run.arms), height_ratios=(5, 1), hspace=0.16)
        space = figure.add_subplot(grid[0, column], projection="3d")
        _draw_path(space, arm, commanded, measured)
        _mark_gripper(space, measured[gripper_changes(samples)])
        seconds = np.array([(sample.stamp_ns - run.start_ns) / 1e9 for sample in samples])
        _draw_error(figure.add_subplot(grid[1, column]), seconds, np.linalg.norm(commanded - measured, axis=1))


def gripper_changes(samples: Sequence[ArmRecord]) -> list[int]:
    """Indices of the samples at which the commanded gripper crosses half open."""
    opened = np.array([sample.gripper_commanded > 0.5 for sample in samples])
    return [int(index) + 1 for index in np.flatnonzero(opened[1:] != opened[:-1])]


def _draw_path(axes: Any, arm: str, commanded: NDArray[np.float64], measured: NDArray[np.float64]) -> None:
    axes.plot(*commanded.T, color=COMMANDED, linewidth=2.4, label="commanded")
    axes.plot(*measured.T, color=MEASURED, linewidth=1.2, label="measured")
    for index, marker, label in ((0, "o", "start"), (-1, "s", "end")):
        axes.scatter(*measured[index], marker=marker, s=36, color=INK, label=label, depthshade=False)
    centre = (commanded.max(axis=0) + commanded.min(axis=0)) / 2
    half = max(float(np.ptp(np.vstack([commanded, measured]), axis=0).max()) / 2 * 1.1, 0.02)
    axes.set(xlim=_around(centre[0], half), ylim=_around(centre[1], half), zlim=_around(centre[2], half))
    axes.set_box_aspect((1, 1, 1), zoom=1.0)
    axes.set(xlabel="x (m)", ylabel="y (m)", zlabel="z (m)")
    axes.set_title(f"TCP path of {arm}, base frame", x=0.0, y=1.0)
    axes.locator_params(nbins=5)
    axes.view_init(elev=24, azim=-58)


def _mark_gripper(axes: Any, places: NDArray[np.float64]) -> None:
    if places.size:
        axes.scatter(*places.T, marker="D", s=34, color="#805ad5", label="gripper moves", depthshade=False)
    axes.legend(loc="upper left", bbox_to_anchor=(-0.28, 0.93))


def _around(centre: float, half: float) -> tuple[float, float]:
    return centre - half, centre + half


def _draw_error(axes: Any, seconds: NDArray[np.float64], metres: NDArray[np.float64]) -> None:
    axes.fill_between(seconds, metres * 1000, color=MUTED, alpha=0.35, linewidth=0)
    axes.set(xlabel="time (s)", ylabel="mm", title="distance of measured from commanded TCP")
    axes.set_xlim(seconds[0], max(seconds[-1], seconds[0] + 1e-3))
    axes.set_ylim(bottom=0)

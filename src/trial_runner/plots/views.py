"""What the policy saw and thought: views with the traces drawn in, over the depth that it told of each."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from demo_recorder.records import Traces
from trial_runner.plots.style import DRAWN, INK, PREDICTED, say_nothing_there
from trial_runner.run_data import ChunkStory, RunData, load_views

Codebook = Callable[[Sequence[int]], NDArray[np.uint8]]
"""Depth codes (100 of 0..127, row-major 10 x 10) -> depth picture, uint8, bright is near."""

COLUMNS = 5
TRACE_SPAN = 255


def draw(figure: Any, run: RunData, codebook: Codebook | None) -> None:
    """Up to five observations, evenly over the run."""
    stories = _chosen([story for story in run.stories if story.reasoning is not None])
    if not stories:
        say_nothing_there(figure, "no reasoning was recorded")
        return
    views = load_views(run, [story.observed_ns for story in stories])
    grid = figure.subplots(2, COLUMNS, squeeze=False, gridspec_kw={"hspace": 0.05, "wspace": 0.05})
    for axes in grid.flat:
        axes.set_axis_off()
    for column, story in enumerate(stories):
        seconds = (story.observed_ns - run.start_ns) / 1e9
        grid[0, column].set_title(f"chunk {story.sequence}, {seconds:.1f} s", fontsize=10)
        _draw_view(grid[0, column], views.get(story.observed_ns), story)
        _draw_depth(grid[1, column], views.get(story.observed_ns), story, codebook)


def trace_pixels(points: Sequence[tuple[int, int]], width: int, height: int) -> NDArray[np.float64]:
    """Points 0..255 of the image that the model sees -> pixel centres of an image of this size, shape (points, 2)."""
    return np.asarray(points, dtype=np.float64).reshape(-1, 2) / TRACE_SPAN * (width - 1, height - 1)


def _chosen(stories: Sequence[ChunkStory]) -> list[ChunkStory]:
    picked = np.unique(np.linspace(0, len(stories) - 1, min(COLUMNS, len(stories))).round().astype(int))
    return [stories[index] for index in picked] if stories else []


def _draw_view(axes: Any, view: NDArray[np.uint8] | None, story: ChunkStory) -> None:
    if view is None:
        axes.text(0.5, 0.5, "no image", ha="center", va="center", transform=axes.transAxes)
        return
    assert story.reasoning is not None
    axes.imshow(view)
    height, width = view.shape[:2]
    _draw_traces(axes, story.reasoning.drawn, DRAWN, width, height)
    _draw_traces(axes, story.reasoning.traces, PREDICTED, width, height)


def _draw_traces(axes: Any, traces: Traces, colour: str, width: int, height: int) -> None:
    outline = [withStroke(linewidth=4.5, foreground=INK)]
    for points in traces.values():
        x, y = trace_pixels(points, width, height).T
        axes.plot(x, y, color=colour, linewidth=2.2, path_effects=outline, solid_capstyle="round")
        axes.scatter(x, y, s=np.linspace(14, 50, len(x)), color=colour, edgecolor=INK, linewidth=0.8, zorder=3)


def _draw_depth(axes: Any, view: NDArray[np.uint8] | None, story: ChunkStory, codebook: Codebook | None) -> None:
    """The depth picture, square as the model has it, stretched to the shape of the view that it is of."""
    height, width = view.shape[:2] if view is not None else (1, 1)
    codes = story.reasoning.depth_codes if story.reasoning is not None else ()
    if not codes:
        axes.text(0.5, 0.5, "no depth told", ha="center", va="center", transform=axes.transAxes)
    elif codebook is not None:
        axes.imshow(codebook(codes), cmap="magma", vmin=0, vmax=255, extent=(0, width, height, 0))
    else:
        side = int(len(codes) ** 0.5)
        square = np.reshape(codes[: side * side], (side, side))
        axes.imshow(square, cmap="tab20b", vmin=0, vmax=127, extent=(0, width, height, 0))

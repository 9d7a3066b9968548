"""What the policy saw and thought: views with the traces drawn in, the other cameras, and the depth that it told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from demo_recorder.records import Traces
from trial_runner.plots.style import DRAWN, INK, MUTED, PREDICTED, say_nothing_there
from trial_runner.run_data import ChunkStory, RunData
from trial_runner.seen_images import Seen, load_seen

Codebook = Callable[[Sequence[int]], NDArray[np.uint8]]
"""Depth codes (100 of 0..127, row-major 10 x 10) -> depth picture, uint8, bright is near."""

COLUMNS = 5
TRACE_SPAN = 255
DEPTH = "depth told"
NO_VIEW = (3, 4)
"""Shape (height, width) of the place of an image that is not there."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Up to five chunks of a run, evenly over it, with their images.

    Attributes:
        run: whose chunks they are.
        stories: the chunks; those that were answered, or where none was, all that were thought about.
        seen: their images; the first camera's carry the traces.
    """

    run: RunData
    stories: Sequence[ChunkStory]
    seen: Seen

    @property
    def others(self) -> list[str]:
        """Every camera but the first."""
        return list(self.seen)[1:]

    @property
    def rows(self) -> dict[str, float]:
        """What each row of pictures shows -> its height over the width of a column."""
        first = next(iter(self.seen), "")
        height, width = self._shape(first)
        rows = {f"{first}, trace" if first else "view": height / width}
        if self.others:
            heights = [h / w for h, w in map(self._shape, self.others)]
            rows[", ".join(self.others)] = max(heights) / len(heights)
        if any(story.reasoning and story.reasoning.depth_codes for story in self.stories):
            rows[DEPTH] = height / width
        return rows

    def height(self, width: float) -> float:
        """Of the whole drawing where it is so wide (inches)."""
        return 0.4 + sum(self.rows.values()) * width * 0.95 / COLUMNS if self.stories else 1.0

    def _shape(self, camera: str) -> tuple[int, int]:
        """Height and width of its images (pixels)."""
        image = next(iter(self.seen.get(camera, {}).values()), None)
        return NO_VIEW if image is None else (image.shape[0], image.shape[1])


def find_examples(run: RunData) -> Examples:
    """Choose the chunks and load what their policy saw.

    Raises:
        BagError: an image that cannot be decoded.
    """
    told = [story for story in run.stories if story.reasoning is not None]
    stories = _evenly([story for story in told if story.chunk is not None] or told)
    return Examples(run, stories, load_seen(run, stories) if stories else {})


def draw(figure: Any, examples: Examples, codebook: Codebook | None) -> None:
    """A column a chunk, a row for each of `examples.rows`."""
    if not examples.stories:
        say_nothing_there(figure, "no reasoning was recorded")
        return
    rows = examples.rows
    grid = figure.add_gridspec(len(rows), COLUMNS, height_ratios=list(rows.values()), hspace=0.04, wspace=0.04)
    for column, story in enumerate(examples.stories):
        view = figure.add_subplot(grid[0, column])
        _draw_view(view, examples, story)
        cells = [[view]]
        if examples.others:
            cells.append(_draw_others(figure, grid[1, column], examples, story))
        if DEPTH in rows:
            cells.append([figure.add_subplot(grid[len(rows) - 1, column])])
            _draw_depth(cells[-1][0], view, story, codebook)
        for label, row in zip(rows, cells, strict=True):
            for axes in row:
                axes.set(xticks=[], yticks=[], frame_on=False)
            if column == 0:
                row[0].set_ylabel(label, fontsize=9, color=MUTED)


def trace_pixels(points: Sequence[tuple[int, int]], width: int, height: int) -> NDArray[np.float64]:
    """Points 0..255 of the image that the model sees -> pixel centres of an image of this size, shape (points, 2)."""
    return np.asarray(points, dtype=np.float64).reshape(-1, 2) / TRACE_SPAN * (width - 1, height - 1)


def _evenly(stories: Sequence[ChunkStory]) -> list[ChunkStory]:
    picked = np.unique(np.linspace(0, len(stories) - 1, min(COLUMNS, len(stories))).round().astype(int))
    return [stories[index] for index in picked] if stories else []


def _show(axes: Any, examples: Examples, camera: str, story: ChunkStory) -> tuple[int, int] | None:
    """Show what the camera showed; its height and width, or None where it showed nothing yet."""
    image = examples.seen.get(camera, {}).get(story.sequence)
    if image is None:
        axes.text(0.5, 0.5, "no image", ha="center", va="center", transform=axes.transAxes)
        return None
    axes.imshow(image)
    return image.shape[0], image.shape[1]


def _draw_view(axes: Any, examples: Examples, story: ChunkStory) -> None:
    seconds = (story.observed_ns - examples.run.start_ns) / 1e9
    axes.set_title(f"chunk {story.number}, {seconds:.1f} s", fontsize=10)
    shape = _show(axes, examples, next(iter(examples.seen), ""), story)
    if shape is None or story.reasoning is None:
        return
    _draw_traces(axes, story.reasoning.drawn, DRAWN, *shape)
    _draw_traces(axes, story.reasoning.traces, PREDICTED, *shape)


def _draw_traces(axes: Any, traces: Traces, colour: str, height: int, width: int) -> None:
    outline = [withStroke(linewidth=4.5, foreground=INK)]
    for points in traces.values():
        x, y = trace_pixels(points, width, height).T
        axes.plot(x, y, color=colour, linewidth=2.2, path_effects=outline, solid_capstyle="round")
        axes.scatter(x, y, s=np.linspace(14, 50, len(x)), color=colour, edgecolor=INK, linewidth=0.8, zorder=3)


def _draw_others(figure: Any, place: Any, examples: Examples, story: ChunkStory) -> list[Any]:
    grid = place.subgridspec(1, len(examples.others), wspace=0.04)
    cells = [figure.add_subplot(cell) for cell in grid]
    for axes, camera in zip(cells, examples.others, strict=True):
        _show(axes, examples, camera, story)
    return cells


def _draw_depth(axes: Any, view: Any, story: ChunkStory, codebook: Codebook | None) -> None:
    """The depth picture, square as the model has it, stretched to the shape of the view that it is of."""
    height, width = view.images[0].get_size() if view.images else NO_VIEW
    codes = story.reasoning.depth_codes if story.reasoning is not None else ()
    if not codes:
        axes.text(0.5, 0.5, "no depth told", ha="center", va="center", transform=axes.transAxes)
    elif codebook is not None:
        axes.imshow(codebook(codes), cmap="magma", vmin=0, vmax=255, extent=(0, width, height, 0))
    else:
        side = int(len(codes) ** 0.5)
        square = np.reshape(codes[: side * side], (side, side))
        axes.imshow(square, cmap="tab20b", vmin=0, vmax=127, extent=(0, width, height, 0))

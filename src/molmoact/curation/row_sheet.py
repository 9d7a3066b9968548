"""A look at rows on one page: pictures with the trace, depth, actions, as the answers that will be learnt tell them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from molmoact.curation.row_reading import RowReader, Told
from molmoact.curation.rows import Kind
from molmoact.curation.shards import CARD_FILE
from molmoact.protocol.answer import AnswerError
from molmoact.traces import draw_for_display, draw_for_training
from molmoact.training.rows import Row, RowSet
from molmoact_common.chunks import DOF_PER_ARM
from molmoact_common.errors import ConfigError

MOMENTS = 6
"""Rows of a kind that are shown."""

_COLOURS = ("#c05621", "#2f855a", "#2b6cb0")
_LINES = ("-", "--")


def kinds_in(root: Path) -> list[Kind]:
    """The complete sets of rows in a folder."""
    return [kind for kind in Kind if (root / kind / CARD_FILE).is_file()]


def draw_row_sheet(root: Path, episode: int, output: Path) -> None:
    """Draw rows of one episode, kind after kind.

    Args:
        root: folder of the sets of rows, as `molmoact data curate` leaves it.
        episode: of the dataset that the rows are of.
        output: PNG.

    Raises:
        ConfigError: no rows, none of that episode, or the file cannot be written.
        RowsError: rows that cannot be read.
    """
    reader = RowReader.of(root)
    shown = {kind: _rows(root / kind, episode) for kind in kinds_in(root)}
    shown = {kind: rows for kind, rows in shown.items() if rows}
    if not shown:
        raise ConfigError(f"{root} has no rows of episode {episode}; name another with --episode")
    heights = [_height(rows[0], kind) for kind, rows in shown.items()]
    figure = Figure(figsize=(3.2 * MOMENTS, sum(heights) + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    parts: Any = figure.subfigures(len(shown), 1, height_ratios=heights, squeeze=False)
    for part, (kind, rows) in zip(parts[:, 0], shown.items(), strict=True):
        _draw_kind(part, kind, rows, reader)
    figure.suptitle(f"{root.name}, episode {episode}: rows for profile {reader.profile.name}")
    try:
        figure.savefig(output, dpi=80)
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot write {output}: {error}; name another file") from error


def _rows(folder: Path, episode: int) -> list[Row]:
    rows = RowSet(folder)
    own = np.flatnonzero(np.array(rows.numbers("episode_index")) == episode)
    chosen = np.unique(np.linspace(0, len(own) - 1, min(MOMENTS, len(own))).astype(int))
    return [rows.row(int(own[index])) for index in chosen]


def _lines(row: Row, kind: Kind) -> int:
    return len(row.images) + (kind in (Kind.REASONING, Kind.DEPTH)) + (kind in (Kind.REASONING, Kind.CONDITIONED))


def _height(row: Row, kind: Kind) -> float:
    return 2.4 * _lines(row, kind) + 0.8


def _draw_kind(figure: Any, kind: Kind, rows: Sequence[Row], reader: RowReader) -> None:
    axes = figure.subplots(_lines(rows[0], kind), MOMENTS, squeeze=False)
    for axis in axes.ravel():
        axis.axis("off")
    for column, row in zip(axes.T, rows, strict=False):
        try:
            _draw_row(column, row, kind, reader)
        except AnswerError as error:
            column[0].set_title(f"cannot be read: {error}", fontsize=7, color="red", wrap=True)
    asked, answer = rows[0].dialogue[0]
    figure.suptitle(f"{kind}: {asked[:150]}\n{_shortened(answer)}", fontsize=9)


def _draw_row(column: Any, row: Row, kind: Kind, reader: RowReader) -> None:
    column[0].imshow(draw_for_training(row.images[0], row.drawn))
    told = reader.told(row)  # what cannot be read has its picture at least
    if told.traces:
        column[0].imshow(draw_for_display(row.images[0], told.traces))
    for axis, image in zip(column[1:], row.images[1:], strict=False):
        axis.imshow(image)
    below = column[len(row.images) :]
    if told.depth:
        _draw_depth(below[0], told, reader)
    if told.deltas is not None:
        _draw_chunk(below[-1], told.deltas)


def _draw_depth(axis: Any, told: Told, reader: RowReader) -> None:
    if reader.codebook is None:
        axis.imshow(np.reshape(told.depth, (10, 10)), cmap="tab20")
        axis.set_title("depth codes (codebook not found)", fontsize=8)
    else:
        axis.imshow(reader.codebook.picture(told.depth), cmap="gray")
        axis.set_title("depth of the codes, near is bright", fontsize=8)


def _draw_chunk(axis: Any, deltas: NDArray[np.float64]) -> None:
    """Where the chunk leads, and its gripper."""
    axis.axis("on")
    gripper = axis.twinx()
    steps = np.arange(len(deltas) + 1)
    for arm, line in zip(range(deltas.shape[1] // DOF_PER_ARM), _LINES, strict=False):
        own = deltas[:, DOF_PER_ARM * arm : DOF_PER_ARM * (arm + 1)]
        way = np.concatenate([np.zeros((1, 3)), np.cumsum(own[:, :3], axis=0)]) * 1000
        for number, (name, colour) in enumerate(zip("xyz", _COLOURS, strict=True)):
            axis.plot(steps, way[:, number], line, color=colour, label=name)
        gripper.step(steps[1:], own[:, 6], line, where="pre", color="#718096")
    gripper.set_ylim(-0.1, 1.1)
    axis.set_title("way of the chunk (mm); grey: gripper, 1 open", fontsize=8)
    axis.tick_params(labelsize=7)
    gripper.tick_params(labelsize=7)
    axis.legend(fontsize=6, ncols=3)


def _shortened(answer: str) -> str:
    """An answer without most of its depth codes and symbols."""
    return answer if len(answer) <= 220 else f"{answer[:110]} … {answer[-100:]}"

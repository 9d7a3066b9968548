"""Row sets: folders of training rows in the published record schema, opened for random access.

A row has one or more image columns (in the order of the prompt), `conversations` (turns of `from` and `value`, question
and answer alternating) and, where a trace is drawn on the first image, `annotation` (a list of points as text, or
several such texts). A folder holds parquet files, or what `datasets` saves to disk, and beside them
`dataset_statistics.json` where rows have actions.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import datasets
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pil

from molmoact.curation.shards import CARD_FILE, PROTOCOL, STATISTICS_FILE
from molmoact_common.errors import UserError

TEXT_COLUMN, DRAWN_COLUMN = "conversations", "annotation"

Image = NDArray[np.uint8]
Points = tuple[tuple[float, float], ...]


class RowsError(UserError):
    """Training rows are absent, of another schema or version, or hold something that cannot be learnt from."""


@dataclass(frozen=True, slots=True)
class Row:
    """One training row.

    Attributes:
        images: uint8 RGB, shape (height, width, 3), in the order of the prompt.
        dialogue: questions and answers; those after the first ask about the same images and do not see each other.
        drawn: traces on the first image, points (x, y) in 0..255 of it.
    """

    images: tuple[Image, ...]
    dialogue: tuple[tuple[str, str], ...]
    drawn: tuple[Points, ...] = ()


class RowSet:
    """The rows of one folder.

    Args:
        folder: where they lie.
        views: image columns to take, in that order; empty: all, in the order of the schema.

    Raises:
        RowsError: no rows, a column is absent, or they are of another protocol version.
    """

    def __init__(self, folder: Path, views: Sequence[str] = ()) -> None:
        self.folder = folder
        _check_card(folder)
        self._table = _open(folder)
        self.views = tuple(views) or _image_columns(self._table)
        absent = [name for name in (TEXT_COLUMN, *self.views) if name not in self._table.column_names]
        if absent or not self.views:
            raise RowsError(
                f"{folder} has no column {', '.join(absent) or 'of images'}; it has "
                f"{', '.join(self._table.column_names)}; name its image columns in the recipe's views"
            )

        if not len(self._table):
            raise RowsError(f"{folder} holds no rows; look at the report of the curation")

    def __len__(self) -> int:
        return len(self._table)

    @cached_property
    def _texts(self) -> Any:
        return self._table.select_columns([TEXT_COLUMN])

    def letters(self, index: int) -> int:
        """Length of a row's text, a cheap measure of how many tokens it will have."""
        return sum(len(said) for turn in self._dialogue(index, self._texts[index]) for said in turn)

    def numbers(self, column: str) -> list[int]:
        """A column of whole numbers, such as `episode_index`; empty where the rows have none."""
        return list(self._table[column]) if column in self._table.column_names else []

    def row(self, index: int) -> Row:
        """Read one row.

        Raises:
            RowsError: its text, images or annotation cannot be read; names the row.
        """
        record = self._table[index]
        try:
            images = tuple(_picture(record[name]) for name in self.views)
            drawn = _annotation(record.get(DRAWN_COLUMN))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise RowsError(f"{self._place(index)}: {' '.join(str(error).split())}; make the rows again") from error
        return Row(images, self._dialogue(index, record), drawn)

    def statistics(self) -> dict[str, Any]:
        """Content of the set's dataset_statistics.json: key -> statistics, as in a checkpoint's norm_stats.

        Raises:
            RowsError: the file is absent or no JSON object.
        """
        path = self.folder / STATISTICS_FILE
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise RowsError(
                f"{path} is absent, so nobody could decode what is learnt; copy it from where the rows were made, "
                "or say actions: false for rows without actions"
            ) from error
        except ValueError as error:
            raise RowsError(f"{path} is not valid JSON ({error}); copy it again") from error
        if not isinstance(content, dict) or not content:
            raise RowsError(f"{path} must hold an object of statistics by key; copy it again")
        return content

    def _place(self, index: int) -> str:
        return f"row {index} of {self.folder}"

    def _dialogue(self, index: int, record: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        said = record[TEXT_COLUMN]
        if isinstance(said, Mapping):  # a sequence of structs, as some versions of datasets give it
            said = [dict(zip(said, values, strict=True)) for values in zip(*said.values(), strict=True)]
        texts = [turn["value"] for turn in said]
        if not texts or len(texts) % 2 or not all(isinstance(text, str) and text for text in texts):
            raise RowsError(f"{self._place(index)}: conversations must alternate question and answer; leave it out")
        return tuple(zip(texts[::2], texts[1::2], strict=True))


def _check_card(folder: Path) -> None:
    """See that rows are of this version; published sets bring no card and are of the first."""
    path = folder / CARD_FILE
    if not folder.is_dir():
        raise RowsError(f"no rows at {folder}; check the path, or name their folder with --data")
    if not path.is_file():
        return
    try:
        version = json.loads(path.read_text(encoding="utf-8")).get("protocol")
    except (ValueError, AttributeError) as error:
        raise RowsError(f"{path} is not a JSON object ({error}); copy it again") from error
    if version != PROTOCOL:
        raise RowsError(f"{folder} is of protocol version {version}, this is {PROTOCOL}; curate the data again")


def _open(folder: Path) -> Any:
    if (folder / "dataset_info.json").is_file():
        return datasets.load_from_disk(str(folder))
    shards = sorted(str(path) for path in folder.rglob("*.parquet"))
    if not shards:
        raise RowsError(f"{folder} holds no parquet file; check the path, or name their folder with --data")
    datasets.disable_progress_bars()
    return datasets.Dataset.from_parquet(shards)


def _image_columns(table: Any) -> tuple[str, ...]:
    """Columns that hold pictures: of the image type, or bytes as parquet without that type has them."""

    def is_image(feature: Any) -> bool:
        if isinstance(feature, dict):
            return "bytes" in feature
        return isinstance(feature, datasets.Image) or getattr(feature, "dtype", "") in {"binary", "large_binary"}

    return tuple(name for name, feature in table.features.items() if is_image(feature))


def _picture(value: Any) -> Image:
    if isinstance(value, Mapping):
        value = value["bytes"]
    picture = Pil.open(io.BytesIO(value)) if isinstance(value, bytes) else value
    if not isinstance(picture, Pil.Image):
        raise TypeError(f"an image column holds {type(value).__name__}")
    return np.asarray(picture.convert("RGB"))


def _annotation(value: Any) -> tuple[Points, ...]:
    if value is None:
        return ()
    texts = [value] if isinstance(value, str) else list(value)
    traces = [json.loads(text) if isinstance(text, str) else text for text in texts if text]
    drawn = tuple(tuple((float(x), float(y)) for x, y in trace) for trace in traces)
    if any(len(trace) < 2 for trace in drawn):
        raise ValueError("an annotation has fewer than two points, but the question speaks of a trace")
    return drawn

"""Figures over a dataset: meta/stats.json as LeRobot has it, and the action statistics that a checkpoint carries."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from molmoact.curation.lerobot_schema import data_path
from molmoact_common.chunks import DOF_PER_ARM

_PICTURES = 4
"""Pictures an episode that the image figures are taken from, as LeRobot samples too."""

_QUANTILES = {"q01": 0.01, "q10": 0.1, "q50": 0.5, "q90": 0.9, "q99": 0.99}


def dataset_statistics(root: Path, features: Mapping[str, Mapping[str, Any]], episodes: int) -> dict[str, Any]:
    """min, max, mean, std, count and quantiles of every feature over all episodes (of images: per channel, 0..1)."""
    figures = {}
    for name, feature in features.items():
        tables = (pq.read_table(data_path(root, number), columns=[name]) for number in range(episodes))
        if feature["dtype"] == "image":
            values = np.concatenate([_pixels(table.column(0)) for table in tables])
            figures[name] = {
                key: np.reshape(value, (-1, 1, 1)).tolist() if key != "count" else value
                for key, value in _figures(values).items()
            }
        else:
            values = np.concatenate([column_values(table.column(0)) for table in tables])
            figures[name] = {key: np.atleast_1d(value).tolist() for key, value in _figures(values).items()}
    return figures


def column_values(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """A numeric column as float64, shape (rows, width)."""
    combined = column.combine_chunks()
    if pa.types.is_fixed_size_list(combined.type):
        width = combined.type.list_size
        return np.asarray(combined.flatten(), dtype=np.float64).reshape(-1, width)
    return np.asarray(combined, dtype=np.float64)[:, None]


def action_statistics(actions: Sequence[NDArray[np.floating]]) -> dict[str, Any]:
    """The entry of `norm_stats` for these episodes, in the published format.

    Args:
        actions: one array (N, 7 * arms) an episode, as the dataset has them.

    Returns:
        action (mean, std, min, max, q01, q99, mask), proprio (zeros, as published), num_transitions and
        num_trajectories. The published script leaves the last at 0; here it is counted. The mask is off for every
        arm's gripper; the published one knows of the seventh dimension only.
    """
    values = np.concatenate(actions).astype(np.float32)
    mask = [(index + 1) % DOF_PER_ARM != 0 for index in range(values.shape[1])]
    names = ("mean", "std", "min", "max", "q01", "q99")
    rows = [values.mean(0), values.std(0), values.min(0), values.max(0), *np.quantile(values, [0.01, 0.99], axis=0)]
    found = {name: row.tolist() for name, row in zip(names, rows, strict=True)}
    zeros = {name: [0.0] * values.shape[1] for name in names}
    return {
        "action": found | {"mask": mask},
        "proprio": zeros,
        "num_transitions": len(values),
        "num_trajectories": len(actions),
    }


def _figures(values: NDArray[np.float64]) -> dict[str, Any]:
    known = values[~np.isnan(values).any(axis=1)]
    if not len(known):  # a hand that no calibration could place
        known = np.zeros((1, values.shape[1]))
    figures = {"min": known.min(0), "max": known.max(0), "mean": known.mean(0), "std": known.std(0)}
    return figures | {"count": [len(values)]} | {k: np.quantile(known, q, axis=0) for k, q in _QUANTILES.items()}


def _pixels(column: pa.ChunkedArray) -> NDArray[np.float64]:
    chosen = np.unique(np.linspace(0, len(column) - 1, min(_PICTURES, len(column))).astype(int))
    rows = []
    for index in chosen:
        with Image.open(io.BytesIO(column[int(index)].as_py()["bytes"])) as picture:
            array = np.asarray(picture, dtype=np.float64)
        scale = 255.0 if array.ndim == 3 else 1.0  # depth stays in its own unit
        rows.append(array.reshape(-1, array.shape[2] if array.ndim == 3 else 1)[::16] / scale)
    return np.concatenate(rows)

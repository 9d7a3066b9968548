"""Writing episodes as a LeRobot v3 dataset: a data file each, then the tables and figures over all of them."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from numpy.typing import NDArray
from PIL import Image

from molmoact.curation.atomic import write_atomically, write_text
from molmoact.curation.episodes import Episode
from molmoact.curation.lerobot_schema import (
    FILES_PER_CHUNK,
    Features,
    arrow_schema,
    data_path,
    depth_key,
    episodes_path,
    features_of,
    image_key,
    info_of,
)
from molmoact.curation.lerobot_statistics import dataset_statistics
from molmoact.profile import PROFILE_FILE, CheckpointProfile
from molmoact_common.errors import ConfigError

_PERIOD_SLACK = 0.01
"""Part by which the step period may differ from a whole number of frames a second, which LeRobot asks for."""


class LeRobotWriter:
    """A dataset while it is written; `close` makes it readable."""

    def __init__(self, root: Path, profile: CheckpointProfile, robot: str = "franka") -> None:
        """Create the dataset.

        Args:
            root: its folder; must not exist yet.
            profile: conventions of the actions; written to meta/profile.yaml.
            robot: `robot_type` of info.json.

        Raises:
            ConfigError: the folder exists or cannot be made, or LeRobot cannot hold the step rate.
        """
        self._root, self._profile, self._robot = root, profile, robot
        self.fps = whole_rate(profile.step_period)
        try:
            (root / "meta").mkdir(parents=True)
        except OSError as error:
            raise ConfigError(f"cannot create dataset {root}: {error.strerror}; name a new folder") from error
        text = yaml.safe_dump(profile.model_dump(mode="json"), sort_keys=False)
        (root / "meta" / PROFILE_FILE).write_text(text, encoding="utf-8")
        self._features: Features = {}
        self._tasks: dict[str, int] = {}
        self._table: list[dict[str, Any]] = []
        self._frames = 0

    def add(self, episode: Episode) -> int:
        """Write one episode; its number.

        Raises:
            ConfigError: its pictures are of another size than those of the episodes before.
        """
        features = features_of(self._profile, _sizes(episode), episode.depth_unit if episode.depth else None)
        if self._features and features != self._features:
            raise ConfigError(
                f"{episode.source}: pictures or depth differ from the dataset's; convert it to a dataset of its own"
            )
        self._features = features
        number = len(self._table)
        task = self._tasks.setdefault(episode.instruction, len(self._tasks))
        counters = {
            "timestamp": (np.arange(len(episode)) / self.fps).astype(np.float32),
            "frame_index": np.arange(len(episode)),
            "episode_index": np.full(len(episode), number),
            "index": np.arange(self._frames, self._frames + len(episode)),
            "task_index": np.full(len(episode), task),
        }
        columns = _columns(episode, self._profile.views[0]) | counters
        table = pa.table([columns[name] for name in features], schema=arrow_schema(features))
        write_atomically(data_path(self._root, number), lambda path: pq.write_table(table, path))
        self._table.append(_entry(episode, number, self._frames))
        self._frames += len(episode)
        return number

    def abandon(self) -> None:
        """Remove what was written."""
        shutil.rmtree(self._root)

    def close(self) -> None:
        """Write tables, statistics and info.json. A dataset without episodes is none: `abandon` it."""
        write_atomically(
            episodes_path(self._root), lambda path: pq.write_table(pa.Table.from_pylist(self._table), path)
        )
        write_atomically(self._root / "meta/tasks.parquet", lambda path: pq.write_table(_task_table(self._tasks), path))
        _write_json(self._root / "meta/stats.json", dataset_statistics(self._root, self._features, len(self._table)))
        info = info_of(
            self._features,
            fps=self.fps,
            robot=self._robot,
            episodes=len(self._table),
            frames=self._frames,
            tasks=len(self._tasks),
        )
        # info.json last: a folder without it is no dataset yet
        _write_json(self._root / "meta/info.json", info)


def whole_rate(step_period: float) -> int:
    """Steps a second as LeRobot's `fps`.

    Raises:
        ConfigError: no whole number.
    """
    rate = round(1 / step_period)
    if rate < 1 or abs(rate * step_period - 1) > _PERIOD_SLACK:
        raise ConfigError(
            f"step_period {step_period} s gives {1 / step_period:.3g} steps a second; LeRobot takes whole ones"
        )
    return rate


def _columns(episode: Episode, first_view: str) -> dict[str, Any]:
    columns: dict[str, Any] = {image_key(view): _images(pictures) for view, pictures in episode.views.items()}
    return columns | {
        depth_key(first_view): _images(episode.depth),
        "observation.state": _vectors(episode.measured),
        "observation.commanded": _vectors(episode.commanded),
        "observation.hand": _vectors(episode.hands),
        "action": _vectors(episode.actions),
        "observation.stamp_ns": episode.stamps_ns,
        "observation.command_step": episode.steps,
    }


def _images(pictures: Any) -> pa.Array:
    return pa.array([{"bytes": picture, "path": None} for picture in pictures])


def _vectors(values: NDArray[np.float64]) -> pa.Array:
    flat = values.reshape(len(values), -1).astype(np.float32)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel()), flat.shape[1])


def _sizes(episode: Episode) -> dict[str, tuple[int, int]]:
    sizes = {}
    for view, pictures in episode.views.items():
        with Image.open(io.BytesIO(pictures[0])) as picture:
            sizes[view] = (picture.height, picture.width)
    return sizes


def _entry(episode: Episode, number: int, first: int) -> dict[str, Any]:
    return {
        "episode_index": number,
        "tasks": [episode.instruction],
        "length": len(episode),
        "data/chunk_index": number // FILES_PER_CHUNK,
        "data/file_index": number % FILES_PER_CHUNK,
        "dataset_from_index": first,
        "dataset_to_index": first + len(episode),
        "meta/episodes/chunk_index": 0,
        "meta/episodes/file_index": 0,
        "source": episode.source,
    }


def _task_table(tasks: dict[str, int]) -> pa.Table:
    """Task numbers with the instruction as the index that pandas, and so LeRobot, looks for."""
    columns = [
        {
            "name": "task_index",
            "field_name": "task_index",
            "pandas_type": "int64",
            "numpy_type": "int64",
            "metadata": None,
        },
        {"name": "task", "field_name": "task", "pandas_type": "unicode", "numpy_type": "object", "metadata": None},
    ]
    pandas = {"index_columns": ["task"], "column_indexes": [], "columns": columns, "pandas_version": "2.2.0"}
    table = pa.table({"task_index": pa.array(tasks.values(), pa.int64()), "task": pa.array(tasks, pa.string())})
    return table.replace_schema_metadata({b"pandas": json.dumps(pandas).encode()})


def _write_json(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, indent=4, ensure_ascii=False)
    write_text(path, text + "\n")

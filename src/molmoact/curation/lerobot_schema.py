"""The LeRobot v3 layout as far as it is used here: where files lie, what columns they have, what info.json says."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from molmoact.curation.episodes import ACTION_NUMBERS, POSE_NUMBERS
from molmoact.profile import CheckpointProfile

VERSION = "v3.0"
FILES_PER_CHUNK = 1000
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""How HF datasets hold an image in Arrow."""

Features = dict[str, dict[str, Any]]


def data_path(root: Path, episode: int) -> Path:
    """The file of one episode's rows; a file an episode, so that one that is there is whole."""
    return root / f"data/chunk-{episode // FILES_PER_CHUNK:03d}/file-{episode % FILES_PER_CHUNK:03d}.parquet"


def episodes_path(root: Path) -> Path:
    """The table of episodes."""
    return root / "meta/episodes/chunk-000/file-000.parquet"


def image_key(view: str) -> str:
    """Column of a view's pictures."""
    return f"observation.images.{view}"


def depth_key(view: str) -> str:
    """Column of a view's depth pictures."""
    return f"observation.depth.{view}"


def features_of(profile: CheckpointProfile, sizes: Mapping[str, tuple[int, int]], depth_unit: float | None) -> Features:
    """The features of info.json.

    Args:
        profile: views and arms.
        sizes: view -> height and width of its pictures, pixels.
        depth_unit: metres a unit of the first view's depth pictures; None: it has none.
    """
    names = ["height", "width", "channels"]
    features: Features = {
        image_key(view): {"dtype": "image", "shape": [*sizes[view], 3], "names": names} for view in profile.views
    }
    if depth_unit is not None:
        first = profile.views[0]
        info = {"is_depth_map": True, "metres_a_unit": depth_unit}
        features[depth_key(first)] = {"dtype": "image", "shape": [*sizes[first], 1], "names": names, "info": info}
    features |= {
        "observation.state": _vector(profile, POSE_NUMBERS),
        "observation.commanded": _vector(profile, POSE_NUMBERS),
        "observation.hand": _vector(profile, ("x", "y")),
        "action": _vector(profile, ACTION_NUMBERS),
    }
    features |= {name: _number("int64") for name in ("observation.stamp_ns", "observation.command_step")}
    features |= {"timestamp": _number("float32")}
    return features | {name: _number("int64") for name in ("frame_index", "episode_index", "index", "task_index")}


def _vector(profile: CheckpointProfile, numbers: Sequence[str]) -> dict[str, Any]:
    names = [f"{arm}_{number}" for arm in profile.arms for number in numbers]
    return {"dtype": "float32", "shape": [len(names)], "names": names}


def _number(dtype: str) -> dict[str, Any]:
    return {"dtype": dtype, "shape": [1], "names": None}


def arrow_schema(features: Mapping[str, Mapping[str, Any]]) -> pa.Schema:
    """Columns of a data file, with the description by which HF datasets knows images from structs."""
    fields: list[pa.Field] = []
    described: dict[str, Any] = {}
    for name, feature in features.items():
        dtype, size = feature["dtype"], feature["shape"][0]
        if dtype == "image":
            fields.append(pa.field(name, IMAGE))
            described[name] = {"_type": "Image"}
        elif size == 1:
            fields.append(pa.field(name, pa.type_for_alias(dtype)))
            described[name] = {"dtype": dtype, "_type": "Value"}
        else:
            fields.append(pa.field(name, pa.list_(pa.type_for_alias(dtype), size)))
            value = {"dtype": dtype, "_type": "Value"}
            described[name] = {"feature": value, "length": size, "_type": "List"}
    return pa.schema(fields, metadata=hf_metadata(described))


def hf_metadata(features: Mapping[str, Any]) -> dict[bytes, bytes]:
    """Schema metadata by which HF datasets reads the features."""
    return {b"huggingface": json.dumps({"info": {"features": features}}).encode()}


def info_of(features: Features, *, fps: int, robot: str, episodes: int, frames: int, tasks: int) -> dict[str, Any]:
    """The contents of info.json."""
    return {
        "codebase_version": VERSION,
        "robot_type": robot,
        "total_episodes": episodes,
        "total_frames": frames,
        "total_tasks": tasks,
        "chunks_size": FILES_PER_CHUNK,
        "data_files_size_in_mb": 100,
        "video_files_size_in_mb": 200,
        "fps": fps,
        "splits": {"train": f"0:{episodes}"},
        "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
        "video_path": None,
        "features": features,
    }

"""The weight files of a checkpoint folder: safetensors only, whole or in shards; a pickle can run code."""

import json
from collections.abc import Iterator
from pathlib import Path

from safetensors import SafetensorError, safe_open

from molmoact_common.errors import CheckpointError

WEIGHTS_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"

Shape = tuple[int, ...]


def weight_files(folder: Path) -> list[Path]:
    """The files that hold a checkpoint's tensors.

    Raises:
        CheckpointError: there are none, or only pickles; or a shard that the index names is absent.
    """
    if (folder / INDEX_FILE).is_file():
        return _shards(folder)
    if (folder / WEIGHTS_FILE).is_file():
        return [folder / WEIGHTS_FILE]
    pickles = sorted(path.name for pattern in ("*.bin", "*.pt", "*.pth") for path in folder.glob(pattern))
    if pickles:
        raise CheckpointError(f"{folder} has weights only as {pickles[0]}, which can run code; convert to safetensors")
    raise CheckpointError(f"{folder} has no {WEIGHTS_FILE} and no {INDEX_FILE}; copy the whole checkpoint folder")


def stored_tensors(folder: Path) -> Iterator[tuple[str, Shape]]:
    """Names and shapes of what the weight files hold, from their headers.

    Raises:
        CheckpointError: as `weight_files`, or a file that is cut short or is no safetensors file.
    """
    for path in weight_files(folder):
        try:
            with safe_open(path, framework="pt") as file:
                for name in file.keys():  # noqa: SIM118 - a safetensors handle is no mapping
                    yield name, tuple(file.get_slice(name).get_shape())
        except SafetensorError as error:
            raise CheckpointError(f"{path} is damaged ({error}); copy it again") from error


def _shards(folder: Path) -> list[Path]:
    index = folder / INDEX_FILE
    try:
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{index} is no index of weights ({error}); copy it again") from error
    paths = [folder / name for name in sorted(names)]
    absent = [path.name for path in paths if not path.is_file()]
    if absent:
        raise CheckpointError(f"{folder} has no {absent[0]} ({len(absent)} of {len(paths)} shards absent); copy it")
    return paths

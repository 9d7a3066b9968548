import json

import pytest
import torch
from safetensors.torch import save_file

from molmoact.modeling.weights import stored_tensors, weight_files
from molmoact_common.errors import CheckpointError


def write_shards(folder, present=("a", "b")):
    for shard in present:
        save_file({f"tensor.{shard}": torch.zeros(2, 3)}, folder / f"{shard}.safetensors")
    index = {"weight_map": {"tensor.a": "a.safetensors", "tensor.b": "b.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def test_shards_are_read_by_their_index(tmp_path):
    write_shards(tmp_path)
    assert dict(stored_tensors(tmp_path)) == {"tensor.a": (2, 3), "tensor.b": (2, 3)}


def test_one_file_needs_no_index(tmp_path):
    save_file({"x": torch.zeros(4, dtype=torch.bfloat16)}, tmp_path / "model.safetensors")
    assert dict(stored_tensors(tmp_path)) == {"x": (4,)}


def test_an_absent_shard_is_named(tmp_path):
    write_shards(tmp_path, present=("a",))
    with pytest.raises(CheckpointError, match=r"b\.safetensors \(1 of 2"):
        weight_files(tmp_path)


def test_a_file_that_is_cut_short_is_named(tmp_path):
    path = tmp_path / "model.safetensors"
    save_file({"x": torch.zeros(100)}, path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(CheckpointError, match=r"model\.safetensors is damaged"):
        list(stored_tensors(tmp_path))


@pytest.mark.parametrize("content", ["{", "[]", '{"weight_map": 3}', "{}"])
def test_an_index_that_is_none_is_refused(tmp_path, content):
    (tmp_path / "model.safetensors.index.json").write_text(content)
    with pytest.raises(CheckpointError, match="no index of weights"):
        weight_files(tmp_path)


@pytest.mark.parametrize(
    ("name", "why"), [("pytorch_model.bin", "convert to safetensors"), ("notes.txt", "has no model")]
)
def test_a_folder_without_safetensors_is_refused(tmp_path, name, why):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(CheckpointError, match=why):
        weight_files(tmp_path)

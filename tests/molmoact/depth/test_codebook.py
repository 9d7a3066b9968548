import json

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from molmoact.depth.codebook import DepthCodebook
from molmoact.depth.vqvae import DepthVqVae
from molmoact_common.errors import CheckpointError


@pytest.fixture(scope="module")
def folder(golden_dir):
    return golden_dir / "vqvae"


@pytest.fixture(scope="module")
def vectors(folder):
    return np.load(folder / "cases.npz")


def full_size(folder, vectors):
    """The network at its published size, filled as the recorded one was."""
    recipe = json.loads((folder / "cases.json").read_text())["recipe"]
    network = DepthVqVae()
    state, generator = network.state_dict(), np.random.RandomState(recipe["fill_seed_full"])
    for name in sorted(state):
        shape = tuple(state[name].shape)
        scale = {"weight": np.sqrt(2 / np.prod(shape[1:])), "bias": 0.05}.get(name.rpartition(".")[2], 1.0)
        state[name] = torch.from_numpy((generator.standard_normal(shape) * scale).astype(np.float32))
    codes = np.random.RandomState(recipe["codebook_seed_full"]).standard_normal((128, 512))
    spread = vectors["full/codebook_mu"] + 1.2 * vectors["full/codebook_sd"] * codes
    state["_vq_vae._embedding"] = torch.from_numpy(spread.astype(np.float32))
    network.load_state_dict(state)
    return DepthCodebook(network)


@pytest.mark.parametrize("size", ["small", "full"])
def test_codes_reconstruction_and_picture_are_the_published_ones(folder, vectors, size):
    codebook = DepthCodebook.load(folder / "small.safetensors") if size == "small" else full_size(folder, vectors)
    for case in range(3):
        codes = codebook.codes(cv2.imread(str(folder / f"depth_{case}.png"), cv2.IMREAD_GRAYSCALE))
        np.testing.assert_array_equal(np.reshape(codes, (1, 10, 10)), vectors[f"{size}/{case}/indices"])
        with torch.inference_mode():
            depth = codebook.network.decode(torch.tensor(codes).reshape(1, 10, 10))[0, 0].numpy()
        np.testing.assert_allclose(depth[::16, ::16], vectors[f"{size}/{case}/recon_slice"], atol=2e-5)
        picture = codebook.picture(codes)
        assert (picture.dtype, picture.shape, picture.min(), picture.max()) == (np.uint8, (320, 320), 0, 255)
        expected = vectors[f"{size}/{case}/vis_slice"] * 255 + 0.5
        assert np.abs(picture[::16, ::16] - np.floor(expected)).max() <= 1


def test_codes_do_not_hang_on_what_else_is_in_the_batch(folder):
    codebook = DepthCodebook.load(folder / "small.safetensors")
    pictures = [cv2.imread(str(folder / f"depth_{case}.png"), cv2.IMREAD_GRAYSCALE) for case in range(3)]
    alone = [codebook.codes(picture) for picture in pictures]
    assert codebook.codes_of(pictures, batch=3) == alone
    assert codebook.codes_of(pictures * 3, batch=2) == alone * 3


def test_names_and_shapes_of_the_published_size(folder):
    recorded = json.loads((folder / "cases.json").read_text())
    state = DepthVqVae().state_dict()
    assert {name: list(tensor.shape) for name, tensor in state.items()} == recorded["state_dict_full"]
    assert sum(p.numel() for p in DepthVqVae().parameters()) == recorded["n_params_full"]


def test_a_pt_file_with_wrapped_names_reads_the_same(folder, tmp_path):
    weights = load_file(folder / "small.safetensors")
    torch.save({"weights": {f"module.{name}": tensor for name, tensor in weights.items()}}, tmp_path / "vae-final.pt")
    codes = tuple(range(100))
    beside = DepthCodebook.beside(tmp_path)
    assert beside is not None
    np.testing.assert_array_equal(
        beside.picture(codes), DepthCodebook.load(folder / "small.safetensors").picture(codes)
    )


class Hostile:
    """What a pickle could smuggle in."""

    def __reduce__(self):
        return (print, ("run",))


def test_a_pt_file_with_anything_but_tensors_is_refused_unrun(tmp_path, capsys):
    torch.save({"weights": Hostile()}, tmp_path / "vae-final.pt")
    with pytest.raises(CheckpointError, match="cannot read the depth codebook"):
        DepthCodebook.load(tmp_path / "vae-final.pt")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [b"", b"not weights"])
def test_a_broken_file_is_named(tmp_path, content):
    (tmp_path / "vae.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"vae\.safetensors"):
        DepthCodebook.load(tmp_path / "vae.safetensors")


def test_weights_of_another_network_are_refused(tmp_path):
    save_file({"a": torch.zeros(1)}, tmp_path / "vae.safetensors")
    with pytest.raises(CheckpointError, match="is no depth codebook"):
        DepthCodebook.load(tmp_path / "vae.safetensors")


def test_a_folder_without_a_codebook_has_none(tmp_path):
    assert DepthCodebook.beside(tmp_path) is None

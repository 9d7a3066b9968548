"""`molmoact vqvae`: from depth pictures to a file that a checkpoint can bring, and what it is worth."""

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from molmoact.depth.codebook import DepthCodebook
from molmoact_bringup.main import app


def invoke(*words):
    result = CliRunner().invoke(app, ["vqvae", *map(str, words)])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(2):
        slope = np.tile(np.linspace(0, 255, 40), (30, 1))
        cv2.imwrite(str(folder / f"{index}.png"), np.roll(slope, 7 * index, axis=1).astype(np.uint8))
    return folder


def test_a_codebook_is_trained_written_small_and_measured(tmp_path, pictures):
    output, threads = tmp_path / "vae.safetensors", torch.get_num_threads()
    words = ["--hidden", 1, "--code-width", 4, "--epochs", 2, "--batch", 2, "--dtype", "bfloat16", "--threads", threads]
    assert "codes in use; wrote" in invoke("train", pictures, "--output", output, *words)
    assert {tensor.dtype for tensor in load_file(output).values()} == {torch.bfloat16}
    assert DepthCodebook.load(output).network.size.code_width == 4
    told = invoke("check", output, pictures)
    assert told.startswith("2 pictures: error 0.")
    assert "of 128 codes in use, perplexity" in told


def test_another_kind_of_file_is_refused(tmp_path, pictures):
    result = CliRunner().invoke(app, ["vqvae", "train", str(pictures), "--output", str(tmp_path / "vae.pt")])
    assert "name a .safetensors file" in str(result.exception)

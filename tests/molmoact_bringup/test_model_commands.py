"""`molmoact reason` and `molmoact tiny` on a small checkpoint with random weights."""

import cv2
import numpy as np
import pytest
import torch

from molmoact_bringup.model_commands import reason, tiny
from molmoact_common.errors import CheckpointError, UserError


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def images(tmp_path):
    paths = []
    for name, size in (("front", (240, 320)), ("wrist", (240, 424))):
        pixels = np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8)
        paths.append(tmp_path / f"{name}.png")
        cv2.imwrite(str(paths[-1]), pixels)
    return paths


@pytest.mark.slow
def test_reason_prints_depth_trace_and_steps_and_draws_them(one_thread, images, tiny_checkpoint, tmp_path, capsys):
    picture = tmp_path / "answer.png"
    reason(images, "put the red block into the tray", tiny_checkpoint, output=picture, constrained=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("depth codes")]
    assert [line for line in lines if line.startswith("trace of arm")]
    assert len([line for line in lines if line[:4].strip() in set("12345678") and line[4:5] == ":"]) == 8
    assert cv2.imread(str(picture)) is not None


@pytest.mark.slow
def test_an_answer_that_breaks_a_rule_is_one_line_and_exit_code_1(one_thread, images, tiny_checkpoint, tmp_path):
    with pytest.raises(UserError, match=r"^the answer was refused: .*$") as refused:
        reason(images, "x", tiny_checkpoint, output=tmp_path / "answer.png")
    assert refused.value.exit_code == 1


def test_reason_refuses_another_number_of_images(one_thread, images, tiny_checkpoint, tmp_path):
    with pytest.raises(UserError, match="1 images given; the profile needs 2: front, wrist"):
        reason(images[:1], "x", tiny_checkpoint, output=tmp_path / "answer.png")


def test_tiny_does_not_write_over_a_checkpoint(tiny_checkpoint):
    with pytest.raises(CheckpointError, match="holds a checkpoint already"):
        tiny(tiny_checkpoint)


def test_tiny_says_where_it_wrote(tmp_path, capsys):
    tiny(tmp_path / "new", "7B-O", 1)
    assert capsys.readouterr().out == f"wrote {tmp_path / 'new'}\n"
    assert (tmp_path / "new" / "profile.yaml").is_file()

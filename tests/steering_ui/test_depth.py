"""Depth tokens to pictures in a thread, with the network of a checkpoint."""

import queue

import numpy as np
import pytest

from molmoact.tiny import make_tiny_checkpoint
from steering_ui.depth import DepthPainter

pytestmark = pytest.mark.slow

WAIT = 60.0


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint") / "tiny"
    make_tiny_checkpoint(folder)
    return folder


def test_codes_become_the_picture_that_the_codebook_makes_of_them(checkpoint):
    from molmoact.depth.codebook import DepthCodebook  # noqa: PLC0415  torch takes seconds

    shown, codes = queue.Queue(), tuple(range(100))
    painter = DepthPainter(str(checkpoint), shown.put, print)
    painter.paint(())
    painter.paint(codes)
    assert np.array_equal(shown.get(timeout=WAIT), DepthCodebook.beside(checkpoint).picture(codes))
    painter.close()


def test_a_codebook_that_cannot_be_read_is_told_once_and_nothing_is_painted(tmp_path):
    (tmp_path / "vae.safetensors").write_bytes(b"nonsense")
    said, shown = queue.Queue(), queue.Queue()
    painter = DepthPainter(str(tmp_path), shown.put, said.put)
    painter.paint((1,) * 100)
    assert "no depth pictures" in said.get(timeout=WAIT)
    painter.paint((2,) * 100)
    painter.close()
    assert shown.empty()


def test_without_a_checkpoint_there_are_no_pictures_and_no_thread():
    painter = DepthPainter("", pytest.fail, pytest.fail)
    painter.paint((1,) * 100)
    painter.close()

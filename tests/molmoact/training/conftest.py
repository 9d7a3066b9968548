"""Recorded examples of training, and a set of rows."""

import pytest

from molmoact.tiny import make_tiny_checkpoint
from support.training import TRAINED, golden_example, golden_processor, write_rows


@pytest.fixture(scope="session", params=TRAINED)
def trained(request):
    """Name of a recorded model."""
    return request.param


@pytest.fixture(scope="session")
def example_of(golden_dir, trained, tmp_path_factory):
    """Case -> the recorded example, made again."""
    processor = golden_processor(golden_dir, tmp_path_factory.mktemp("processor"), trained)
    return lambda case: golden_example(golden_dir, processor, trained, case)


@pytest.fixture(scope="session")
def rows_folder(tmp_path_factory):
    """Eight rows; tests that change them copy them."""
    return write_rows(tmp_path_factory.mktemp("data") / "cell", 8)


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory):
    """A checkpoint with one layer of language model: a step takes a fraction of a second."""
    folder = tmp_path_factory.mktemp("checkpoints") / "small"
    make_tiny_checkpoint(folder, layers=1)
    return folder

"""The model's tests: one thread, and the small checkpoint that many of them run."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from molmoact.runtime.observation import Observation
from molmoact.tiny import make_tiny_checkpoint


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """Tiny models run slower on several threads, and others share the machine."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small 7B-D-like checkpoint; tests that change it copy it."""
    folder = tmp_path_factory.mktemp("checkpoints") / "tiny"
    make_tiny_checkpoint(folder)
    return folder


@pytest.fixture
def views() -> Mapping[str, np.ndarray]:
    """Pictures as the cell's cameras give them."""
    generator = np.random.default_rng(7)
    return {
        "front": generator.integers(0, 256, (240, 320, 3), dtype=np.uint8),
        "wrist": generator.integers(0, 256, (240, 424, 3), dtype=np.uint8),
    }


@pytest.fixture
def observation(views: Mapping[str, np.ndarray]) -> Observation:
    return Observation(sequence=3, stamp_ns=5, views=views, instruction="put the red block into the tray")

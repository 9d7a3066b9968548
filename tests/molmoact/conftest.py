"""Settings of the model's tests."""

import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """Tiny models run slower on several threads, and others share the machine."""
    torch.set_num_threads(1)

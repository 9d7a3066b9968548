"""Fixtures that several packages share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def golden_dir() -> Path:
    """Vectors of the published implementation: GOLDEN_DIR, or those in the repository."""
    return Path(os.environ.get("GOLDEN_DIR") or Path(__file__).parent / "golden")

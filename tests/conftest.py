"""Fixtures and settings that several packages share."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Read while mujoco is imported, which many packages' tests do before the renderer's.
os.environ.setdefault("MUJOCO_GL", "egl")

# How long an example takes says more about the machine than about the code under test.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_configure(config: pytest.Config) -> None:
    """Rows that tests make must not pile up in the user's cache; the name is read when `datasets` is imported."""
    folder = tempfile.mkdtemp(prefix="molmoact-rows-")
    os.environ["HF_DATASETS_CACHE"] = folder
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.fixture(scope="session")
def golden_dir() -> Path:
    """Vectors of the published implementation: GOLDEN_DIR, or those in the repository."""
    return Path(os.environ.get("GOLDEN_DIR") or Path(__file__).parent / "golden")


@pytest.fixture(autouse=True)
def ordinary_scheduling() -> Iterator[None]:
    """Undo what libfranka does to a thread that runs a motion: as root it becomes real-time, for all tests to come."""
    yield
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))

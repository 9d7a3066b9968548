"""Fixtures and settings that several packages share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says more about the machine than about the code under test.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def golden_dir() -> Path:
    """Vectors of the published implementation: GOLDEN_DIR, or those in the repository."""
    return Path(os.environ.get("GOLDEN_DIR") or Path(__file__).parent / "golden")


@pytest.fixture(autouse=True)
def ordinary_scheduling() -> Iterator[None]:
    """Undo what libfranka does to a thread that runs a motion: as root it becomes real-time, for all tests to come."""
    yield
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))

"""Robots that reject what a real FR3 rejects; `make strict` sets up their environment and runs what is in here."""

from collections.abc import Iterator

import pytest

from strict.rig import Rig, rig_at
from strict.server import PYTHON

HOST = "127.0.104.1"


@pytest.fixture(scope="module", autouse=True)
def _environment() -> None:
    if not PYTHON.exists():
        pytest.skip("the strict robot is not installed: make strict")


@pytest.fixture(scope="module")
def started() -> Iterator[Rig]:
    """One arm with the hardware's configuration, and every tick kept."""
    with rig_at(HOST, ticks=True) as rig:
        yield rig


@pytest.fixture
def rig(started: Rig) -> Rig:
    """The same arm, recovered and at home again."""
    return started.afresh()

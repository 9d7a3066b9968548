from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from support.synthetic_run import write_synthetic_run
from trial_runner.run_data import RunData


@pytest.fixture(scope="session")
def synthetic_bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "bag"
    write_synthetic_run(path)
    return path


@pytest.fixture(scope="session")
def told_time() -> Callable[[RunData, str], RunData]:
    """The same run, whose recording says how its world kept time."""

    def tell(run: RunData, time: str) -> RunData:
        return replace(run, info=run.info.model_copy(update={"time": time}))

    return tell


@pytest.fixture(scope="session")
def two_seeds() -> Callable[[RunData], RunData]:
    """The same run with another placement from 5 s on: of twelve chunks, five are observed before and seven after."""

    def split(run: RunData) -> RunData:
        return replace(run, cells=[replace(c, seed=4 if c.stamp_ns < 5_000_000_000 else 5) for c in run.cells])

    return split

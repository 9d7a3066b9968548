from pathlib import Path

import pytest

from support.synthetic_run import write_synthetic_run


@pytest.fixture(scope="session")
def synthetic_bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "bag"
    write_synthetic_run(path)
    return path

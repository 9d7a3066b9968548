"""The repository's own configuration, and places in a temporary folder."""

from pathlib import Path

import pytest

from molmoact_bringup.places import Places

POLICIES = {
    "policy/expert": "backend: package:expert\noptions: {cell_dir: ''}\n",
    "policy/molmoact_7b_d": "backend: package:model\n",
}

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def places(tmp_path):
    return Places(config=REPOSITORY / "config", run=tmp_path / "run", cell=tmp_path / "cell")


@pytest.fixture
def stock(tmp_path):
    """Places whose configuration has every name that options default to, with next to nothing in the files."""
    config = tmp_path / "config"
    names = ["policy/expert", "policy/molmoact_7b_d", "robots/fr3", "robots/fr3_cell", "safety/default"]
    names += ["recording/default", "tasks/put_block_in_tray", "cameras/cell_front", "cameras/cell_wrist"]
    names += ["cameras/d435_front", "cameras/d405_wrist"]
    for name in names:
        path = config / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(POLICIES.get(name, "{}\n"))
    return Places(config=config, run=tmp_path / "run", cell=tmp_path / "cell")


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory):
    """A small checkpoint with random weights."""
    from molmoact.tiny import make_tiny_checkpoint  # noqa: PLC0415  torch takes seconds; most tests here need none

    folder = tmp_path_factory.mktemp("tiny")
    make_tiny_checkpoint(folder)
    return folder

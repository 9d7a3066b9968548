"""The repository's own configuration, and places in a temporary folder."""

import shutil
from pathlib import Path

import pytest

from molmoact_bringup.places import Places

EXPERT = "backend: package:expert\noptions: {cell_dir: ''}\n"
MODEL = "backend: package:model\n"
POLICIES = {
    "policy/expert": EXPERT,
    "policy/expert_duo": EXPERT,
    "policy/molmoact_7b_d": MODEL,
    "policy/molmoact_duo": MODEL,
}

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def places(tmp_path):
    return Places(config=REPOSITORY / "config", run=tmp_path / "run", cell=tmp_path / "cell")


@pytest.fixture
def stock(tmp_path):
    """Places whose configuration has every name that options default to, with next to nothing in the files."""
    config = tmp_path / "config"
    names = [*POLICIES, "robots/fr3", "robots/fr3_cell", "robots/duo", "robots/duo_cell", "safety/default"]
    names += ["recording/default", "recording/duo", "tasks/put_block_in_tray", "tasks/lift_tray"]
    names += ["cameras/cell_front", "cameras/cell_wrist", "cameras/d435_front", "cameras/d405_wrist"]
    shutil.copytree(REPOSITORY / "config" / "cell", config / "cell")  # graphs follow the scene
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

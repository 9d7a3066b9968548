"""The scenes and tasks as they are shipped."""

from pathlib import Path

import pytest

from sim_cell.settings import SceneSettings, load_scene
from sim_cell.tasks import TaskSettings, load_task


@pytest.fixture(scope="session")
def config() -> Path:
    return Path(__file__).resolve().parents[2] / "config"


@pytest.fixture(scope="session")
def scene(config: Path) -> SceneSettings:
    return load_scene(config / "cell" / "solo.yaml")


@pytest.fixture(scope="session")
def duo(config: Path) -> SceneSettings:
    return load_scene(config / "cell" / "duo.yaml")


@pytest.fixture(scope="session")
def tray_task(config: Path) -> TaskSettings:
    return load_task(config / "tasks", "put_block_in_tray")


@pytest.fixture(scope="session")
def lift_task(config: Path) -> TaskSettings:
    return load_task(config / "tasks", "lift_tray")

"""Cells in process, with and without pictures."""

import pytest

from molmoact.profile import load_profile
from sim_cell.inprocess.cell import InProcessCell
from sim_cell.render_model import cache_directory
from sim_cell.tasks import load_task, make_episode


@pytest.fixture(scope="session")
def profile(config):
    return load_profile(config / "policy/profiles/expert.yaml")


@pytest.fixture(scope="session")
def blind(scene, profile):
    """Draws nothing: made in milliseconds."""
    return InProcessCell(scene, profile, None)


@pytest.fixture(scope="session")
def seeing(scene, profile):
    """Draws small pictures."""
    cell = InProcessCell(scene.at_height(60), profile, cache_directory())
    yield cell
    cell.close()


@pytest.fixture
def episode(config, scene):
    """(task, seed) -> episode."""
    return lambda name, seed: make_episode(name, load_task(config / "tasks", name), scene, seed)

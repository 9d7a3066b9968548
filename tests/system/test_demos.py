"""`molmoact demos` in the cell's graph, and that its takes are what the cell in process shows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo_recorder.folders import find_bags
from molmoact.curation.lerobot_reader import LeRobotDataset
from molmoact.curation.rows import Kind
from molmoact.curation.shards import rows_in
from support.demo_parity import Comparer

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.timeout(900)]

MOLMOACT = str(Path(sys.prefix) / "bin" / "molmoact")
TASKS = "put_block_in_tray,lift_block"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    """Folder of two demonstrations, one a task."""
    folder = tmp_path_factory.mktemp("demos") / "two"
    environment = {**os.environ, "AMENT_PREFIX_PATH": sys.prefix, "ROS_DOMAIN_ID": "93"}
    command = [MOLMOACT, "demos", str(folder), "--number", "2", "--tasks", TASKS, "--robot-host", "127.0.93.1"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=880, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "put_block_in_tray" in ended.stdout
    return folder


def test_the_takes_become_a_dataset_with_depth_and_rows(recorded):
    dataset = LeRobotDataset.open(recorded / "dataset")
    episodes = [dataset.episode(number) for number in range(len(dataset))]
    assert len(episodes) == 2
    for episode in episodes:
        assert len(episode.depth) == len(episode) > 40
    assert rows_in(recorded / "rows", Kind.TRACE, 2) == sum(map(len, episodes))


@pytest.mark.parametrize("seed", [0, 1])
def test_a_take_is_what_the_cell_in_process_shows(recorded, seed):
    take = find_bags([recorded / "takes"])[seed]
    found = Comparer().compare(take, seed)
    assert found.instruction
    assert found.actions < 1e-9
    # `path_mm`, the expert's own way in process, is no part of it: it parts where the fingers close a step later.
    assert found.end_mm < 1.0
    assert found.solved
    # Measured values and pictures depend on how late the machine's processes are.
    assert found.first_picture < 2.0
    assert found.trace < 12.0
    assert found.hands_px < 12.0

"""`molmoact trials run` with all real processes: an experiment that is killed in the middle and run again."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bench.recounted import expected_cells, read_rows, reported_cells, tried
from support.dummy_executables import wait_until
from trial_runner.run_data import load_run
from trial_runner.trials.folder import ExperimentFolder
from trial_runner.trials.starts import read_picture

MOLMOACT = str(Path(sys.prefix) / "bin" / "molmoact")
EXPERIMENT = """\
title: killed in the middle
policies:
  finish: {policy: expert, execution: open_loop}
  overlap: {policy: expert, execution: async}
tasks: [cell_lift_block]
trials: 2
seed: 3
"""

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.timeout(400)]


def start(folder: Path) -> subprocess.Popen:
    file = folder / "experiment.yaml"
    file.write_text(EXPERIMENT)
    environment = {**os.environ, "AMENT_PREFIX_PATH": sys.prefix, "ROS_DOMAIN_ID": "73"}
    command = [MOLMOACT, "trials", "run", str(file), "--out", str(folder / "out"), "--robot-host", "127.0.73.1"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def lines(folder: Path) -> list[str]:
    rows = folder / "out" / "trials.jsonl"
    return rows.read_text().splitlines() if rows.is_file() else []


def test_a_killed_experiment_goes_on_without_losing_or_repeating_a_trial(tmp_path):
    first = start(tmp_path)
    bag = tmp_path / "out" / "trials" / "0001" / "bag"
    assert wait_until(lambda: first.poll() is not None or bag.exists(), 120)
    processes = psutil.Process(first.pid).children(recursive=True)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert psutil.wait_procs(processes, timeout=30)[1] == []  # they die with the runner, and let go of its addresses
    before = lines(tmp_path)
    assert len(before) == 1
    second = start(tmp_path)
    said, _ = second.communicate(timeout=300)
    assert second.returncode == 0, said
    after = lines(tmp_path)
    assert after[0] == before[0]
    assert [json.loads(line)["number"] for line in after] == [0, 1, 2, 3]
    check(ExperimentFolder(tmp_path / "out"), said)


def check(folder: ExperimentFolder, said: str) -> None:
    """Every row has its bag, and the report says what the rows say."""
    for row in folder.rows:
        run = load_run(folder.path / row.bag)
        assert row.success == any(cell.success for cell in run.cells)
        assert row.success
    rows = read_rows(folder.path)
    starts = [(policy, start) for policy in ("finish", "overlap") for start in (0, 1)]
    assert tried(rows) == [("cell_lift_block", "in_distribution", *one) for one in starts]
    alone = {key: figures for key, figures in expected_cells(rows).items() if key[0] != "all"}
    assert reported_cells((folder.path / "report.html").read_text()) == alone
    assert {figures[1] for figures in alone.values()} == {"2/2 (100%, 34% to 100%)"}
    overlay = read_picture(folder.path / "trials" / "0000" / "start_overlay.png")
    assert overlay.shape[2] == 3
    assert "policy A" in said
    assert "no difference was shown" in " ".join(said.split())  # the line is wrapped
    assert (folder.path / "report.pdf").is_file()
    assert (folder.path / "trials" / "0001-broken-off-1").is_dir()

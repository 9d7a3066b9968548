"""`molmoact demo --cell duo` with all real processes: two arms lift the tray as one."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from demo_recorder.reading import BagReader
from trial_runner.run_data import RunData, Verdict, load_run
from trial_runner.summary import summarise

MOLMOACT = str(Path(sys.prefix) / "bin" / "molmoact")
HOST = "127.0.77.1"
CAP = 0.25
"""TCP speed cap of config/safety/default.yaml (m/s)."""

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bag of a demo of the expert with one placement."""
    runs = tmp_path_factory.mktemp("runs")
    environment = {**os.environ, "AMENT_PREFIX_PATH": sys.prefix, "ROS_DOMAIN_ID": "77"}
    command = [MOLMOACT, "demo", "--cell", "duo", "--policy", "expert", "--seeds", "1"]
    command += ["--robot-host", HOST, "--runs", str(runs)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=380, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return next(runs.iterdir()) / "bag"


@pytest.fixture(scope="module")
def run(bag: Path) -> RunData:
    return load_run(bag)


def test_both_arms_lift_the_tray_within_limits(run: RunData) -> None:
    summary = summarise(run)
    assert summary.success
    assert list(summary.arms) == ["left", "right"]
    assert all(arm.measured_m > 0.3 and arm.max_step_speed <= CAP * 1.001 for arm in summary.arms.values())


def test_every_chunk_is_for_both_arms_and_each_step_is_made_by_both(run: RunData) -> None:
    finished = [story for story in run.stories if story.verdict is Verdict.FINISHED]
    assert len(finished) >= 5
    for story in finished:
        assert story.chunk is not None
        assert (story.chunk.arms, story.chunk.deltas.shape) == (("left", "right"), (8, 14))
    steps = [{record.stamp_ns: record.command_step for record in records} for records in run.arms.values()]
    both = steps[0].keys() & steps[1].keys()
    assert len(both) > 100
    assert all(steps[0][stamp] == steps[1][stamp] for stamp in both)


def test_the_arms_rise_together(run: RunData) -> None:
    """The commanded heights of the two hands while both grip: the tray is level when they are alike."""
    left, right = ({record.stamp_ns: record for record in run.arms[arm]} for arm in ("left", "right"))
    heights = [
        (left[stamp].commanded.position[2], right[stamp].commanded.position[2])
        for stamp in left.keys() & right.keys()
        if left[stamp].gripper_commanded == right[stamp].gripper_commanded == 0.0
    ]
    assert max(heights)[0] > 0.15
    assert np.abs(np.subtract(*np.transpose(heights))).max() < 0.01


def test_the_bag_has_three_cameras_and_lost_nothing(bag: Path) -> None:
    with BagReader(bag) as reader:
        assert not any(reader.drops.values())
        for camera in ("front", "left_wrist", "right_wrist"):
            assert reader.counts[f"/camera/{camera}/color/image_raw"] > 50

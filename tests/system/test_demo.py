"""`molmoact demo` with all real processes: what it does, what it leaves, and that a replay sees the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo_recorder.reading import BagReader
from molmoact.runtime.backend import BackendSettings
from molmoact.runtime.checkpoint_backend import load
from molmoact.tiny import make_tiny_checkpoint
from trial_runner.replay import load_replay
from trial_runner.run_data import Verdict, load_run
from trial_runner.summary import summarise

MOLMOACT = str(Path(sys.prefix) / "bin" / "molmoact")
CAP = 0.25
"""TCP speed cap of config/safety/default.yaml (m/s)."""

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.timeout(400)]


def demo(folder: Path, host: str, *words: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "AMENT_PREFIX_PATH": sys.prefix, "ROS_DOMAIN_ID": "71"}
    command = [MOLMOACT, "demo", "--robot-host", host, "--runs", str(folder), *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=380, check=False)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoint") / "tiny"
    make_tiny_checkpoint(folder)
    return folder


@pytest.fixture(scope="module")
def model_run(tmp_path_factory, checkpoint) -> Path:
    """Run folder of a demo of the model with four chunks."""
    runs = tmp_path_factory.mktemp("runs")
    ended = demo(runs, "127.0.71.1", "--checkpoint", str(checkpoint), "--chunks", "4")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return next(runs.iterdir())


@pytest.fixture(scope="module")
def expert_run(tmp_path_factory) -> Path:
    """Run folder of a demo of the expert with two placements."""
    runs = tmp_path_factory.mktemp("runs")
    ended = demo(runs, "127.0.71.2", "--policy", "expert", "--seeds", "1:3")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return next(runs.iterdir())


def test_the_model_moves_the_arm_within_limits(model_run):
    summary = summarise(load_run(model_run / "bag"))
    arm = summary.arms["arm"]
    assert summary.executed >= 4
    assert arm.measured_m > 0.005
    assert arm.max_step_speed <= CAP * 1.001
    assert summary.forward_passes > 100


def test_every_executed_chunk_was_reasoned_stage_by_stage_and_has_a_whole_ledger(model_run):
    finished = [s for s in load_run(model_run / "bag").stories if s.verdict is Verdict.FINISHED]
    assert finished
    for story in finished:
        assert len(story.reasoning.depth_codes) == 100
        assert all(1 <= len(points) <= 5 for points in story.reasoning.traces.values())
        stamps = [getattr(story.ledger, name) for name in story.ledger.stamp_names()]
        assert all(stamps)
        assert stamps == sorted(stamps)


def test_the_policys_input_equals_the_processors_on_the_frames_in_the_bag(model_run, checkpoint):
    backend = load(BackendSettings(checkpoint=str(checkpoint), device="cpu", options={"constrained": True}))
    replay = load_replay(model_run / "bag", backend.profile.views)
    answered = [record for record in replay.observed if record.input_digest]
    assert len(answered) >= 4
    assert not replay.incomplete
    replayed = list(replay.answers(backend))
    assert all(one.same_input for one in replayed if one.same_input is not None)
    assert all(one.same_answer for one in replayed if one.same_answer is not None)


def test_the_run_leaves_bag_report_and_logs(model_run):
    assert (model_run / "report.html").stat().st_size > 100_000
    assert (model_run / "report.png").read_bytes().startswith(b"\x89PNG")
    assert (model_run / "logs" / "policy.log").is_file()
    with BagReader(model_run / "bag") as bag:
        assert not any(bag.drops.values())
        for topic in ("/camera/front/color/image_raw", "/arm/arm/state", "/policy/chunk", "/bridge/chunk_status"):
            assert bag.counts[topic] > 0


def test_the_expert_solves_each_placement(expert_run):
    summary = summarise(load_run(expert_run / "bag"))
    assert summary.success
    assert set(summary.episodes) == {1, 2}
    assert all(summary.episodes.values())
    assert not summary.verdicts.get(Verdict.REFUSED, 0)


def test_another_task_is_solved_without_a_recording(tmp_path):
    ended = demo(tmp_path, "127.0.71.3", "--policy", "expert", "--task", "lift_block", "--no-record")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "nothing was recorded" in ended.stdout
    assert not (next(tmp_path.iterdir()) / "bag").exists()

"""The expert behind the policy's seam."""

import numpy as np
import pytest

from molmoact.policy_config import backend_settings, load_policy_config
from molmoact.runtime.backend import Action, BackendSettings, Refused, TraceFound
from molmoact.runtime.observation import ArmObservation, Observation
from molmoact_common.errors import ConfigError, UnreachableError
from molmoact_common.plugins import load_factory
from molmoact_common.poses import Pose
from sim_cell.cell_files import write_cell_files
from sim_cell.expert_backend import load
from sim_cell.shared import Control, SnapshotRing
from support.snapshots import snapshot

HOME = Pose(np.array([0.307, 0.0, 0.487]), np.array([1.0, 0.0, 0.0, 0.0]))
ARM = ArmObservation(HOME, HOME, 1.0, 1.0)
MS = 1_000_000


@pytest.fixture
def cell(tmp_path, scene, config):
    files = write_cell_files(tmp_path, scene, config / "tasks")
    ring = SnapshotRing.create(tmp_path, 30, len(scene.objects))
    Control.create(tmp_path).put(task="put_block_in_tray", seed=0)
    start = files.episode("put_block_in_tray", 0).start
    objects = np.array([np.concatenate([pose.position, pose.quaternion]) for pose in start.values()])
    for tick in (0, 5, 10):
        tcp = np.concatenate([HOME.position, HOME.quaternion])[None]
        ring.write(snapshot(tick, tcp=tcp, opening=np.ones(1), objects=objects))
    return tmp_path


@pytest.fixture
def backend(cell, config):
    return expert_for(cell, config, "expert.yaml")


def ask(backend, instruction="put the red block in the tray", ms=10, arms=None):
    arms = {"arm": ARM} if arms is None else arms
    return list(backend.reason(Observation(1, ms * MS, {}, instruction, arms=arms)))


def test_the_shipped_policy_file_answers_with_a_trace_and_a_chunk(backend):
    stages = ask(backend)
    trace = next(stage for stage in stages if isinstance(stage, TraceFound))
    assert len(trace.traces["arm"]) == 5
    assert isinstance(stages[-1], Action)
    assert stages[-1].deltas.shape == (8, 7)
    assert np.linalg.norm(stages[-1].deltas[:, :3], axis=1).max() / backend.profile.step_period < 0.25


def test_the_block_that_the_instruction_names_is_gone_for(backend):
    chunks = {colour: ask(backend, f"put the {colour} block in the tray")[-1].deltas for colour in ("red", "blue")}
    assert not np.allclose(chunks["red"], chunks["blue"])


@pytest.mark.parametrize("instruction", ["put the block in the tray", "put red and blue away", ""])
def test_an_instruction_without_exactly_one_block_is_refused(backend, instruction):
    last = ask(backend, instruction)[-1]
    assert isinstance(last, Refused)
    assert "exactly one block" in last.why


def test_an_observation_before_any_snapshot_is_refused(cell, backend):
    ring = SnapshotRing.create(cell, 30, 3)
    assert ring.newest() is None
    fresh = load(BackendSettings(profile=_profile(backend, cell), options={"cell_dir": str(cell)}))
    assert "no snapshot" in ask(fresh)[-1].why


def _profile(backend, folder):
    path = folder / "profile.yaml"
    path.write_text(backend.profile.model_dump_json())
    return str(path)


def test_without_the_arms_state_there_is_no_answer(backend):
    assert "no state of arm" in ask(backend, arms={})[-1].why


def test_options_and_surroundings_are_checked(tmp_path, config):
    profile = str(config / "policy" / "profiles" / "expert.yaml")
    with pytest.raises(ConfigError, match="cell_dir"):
        load(BackendSettings(profile=profile))
    with pytest.raises(ConfigError, match="profile"):
        load(BackendSettings(options={"cell_dir": str(tmp_path)}))
    with pytest.raises(UnreachableError, match="start cell_world"):
        load(BackendSettings(profile=profile, options={"cell_dir": str(tmp_path), "attach_timeout": 0.0}))


@pytest.fixture
def tray_cell(tmp_path, duo, config):
    files = write_cell_files(tmp_path, duo, config / "tasks")
    ring = SnapshotRing.create(tmp_path, 30, 1, arms=2)
    Control.create(tmp_path).put(task="lift_tray", seed=0)
    (tray,) = files.episode("lift_tray", 0).start.values()
    tcp = np.array([np.concatenate([HOME.position + arm.base, HOME.quaternion]) for arm in duo.arms.values()])
    row = np.concatenate([tray.position, tray.quaternion])[None]
    ring.write(snapshot(10, arms=2, tcp=tcp, opening=np.ones(2), objects=row))
    return tmp_path


def expert_for(cell, config, name):
    source = config / "policy" / name
    policy = load_policy_config(source)
    return load_factory(policy.backend)(backend_settings(policy, source, options={"cell_dir": str(cell)}))


def test_two_arms_get_one_chunk_that_moves_both_and_a_trace_each(tray_cell, config):
    expert = expert_for(tray_cell, config, "expert_duo.yaml")
    stages = ask(expert, "lift the tray", arms={"left": ARM, "right": ARM})
    trace = next(stage for stage in stages if isinstance(stage, TraceFound))
    assert {arm: len(points) for arm, points in trace.traces.items()} == {"left": 5, "right": 5}
    assert trace.traces["left"][0][0] > trace.traces["right"][0][0], "as seen from across the table"
    deltas = stages[-1].deltas
    assert deltas.shape == (8, 14)
    left, right = deltas[:, :3], deltas[:, 7:10]
    assert left[-1, 1] < 0 < right[-1, 1], "both come nearer to the middle"
    assert np.all(np.linalg.norm(left, axis=1) > 0)


def test_both_arms_must_be_heard_of(tray_cell, config):
    expert = expert_for(tray_cell, config, "expert_duo.yaml")
    assert "no state of right" in ask(expert, "lift the tray", arms={"left": ARM})[-1].why


def test_a_profile_for_other_arms_than_the_scenes_is_refused(tray_cell, config):
    with pytest.raises(ConfigError, match="is for arms arm, the cell has left, right"):
        expert_for(tray_cell, config, "expert.yaml")

from pathlib import Path

import numpy as np
import pytest
import yaml

from molmoact.runtime.backend import BackendSettings
from molmoact.runtime.observation import ArmObservation, Observation
from molmoact_common.poses import Pose

PROFILE = {
    "name": "served", "step_period": 0.1, "steps": 4, "frame": "base", "rotation": "rotation_vector",
    "gripper": "one_is_closed", "deltas": "commanded", "views": ["front", "wrist"], "prompt": "multi_view",
}  # fmt: skip

OBSERVATION = {
    "views": {
        "front": {"key": "observation/image", "width": 32, "height": 32},
        "wrist": {"key": "observation/wrist_image", "width": 16, "height": 16},
    },
    "states": [{"key": "observation/state", "parts": ["position", "rotation_vector", "gripper_opening"]}],
}


@pytest.fixture
def profile_file(tmp_path) -> Path:
    path = tmp_path / "profile.yaml"
    path.write_text(yaml.safe_dump(PROFILE))
    return path


@pytest.fixture
def settings(profile_file):
    """Settings of a policy file with these options on top of an observation mapping."""

    def make(**options) -> BackendSettings:
        return BackendSettings(profile=str(profile_file), options={"observation": OBSERVATION, **options})

    return make


@pytest.fixture
def observation() -> Observation:
    pose = Pose(np.array([0.4, 0.1, 0.3]), np.array([1.0, 0.0, 0.0, 0.0]))
    views = {
        "front": np.full((24, 32, 3), 200, np.uint8),
        "wrist": np.arange(24 * 24 * 3, dtype=np.uint64).reshape(24, 24, 3).astype(np.uint8),
    }
    arms = {"arm": ArmObservation(pose, pose, 0.75, 1.0)}
    return Observation(sequence=4321, stamp_ns=4_321_000_000, views=views, instruction="close the drawer", arms=arms)

"""Pictures and state vectors as other projects' policies were trained on."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from molmoact.runtime.observation import ArmObservation
from molmoact_common.poses import Pose
from molmoact_policy.remote.requests import digest, nested, picture, vector
from molmoact_policy.remote.settings import StateMapping, ViewMapping

TURNED = Rotation.from_euler("xyz", [0.1, 0.2, 0.3])
ARM = ArmObservation(
    Pose(np.array([0.4, 0.1, 0.3]), TURNED.as_quat()), Pose(np.array([0.5, 0.1, 0.3]), TURNED.as_quat()), 0.75, 0.0
)


def view(**fields) -> ViewMapping:
    return ViewMapping.model_validate({"key": "image", "width": 20, "height": 20} | fields)


def test_padding_keeps_the_aspect_and_centres():
    image = np.full((24, 48, 3), 200, np.uint8)
    padded = picture(image, view())
    assert padded.shape == (20, 20, 3)
    assert (padded[5:15] == 200).all()
    assert not padded[:5].any()
    assert not padded[15:].any()


def test_stretching_fills_the_whole_and_turning_puts_the_top_down():
    image = np.zeros((40, 80, 3), np.uint8)
    image[:20, :, 0] = 255
    whole = picture(image, view(fit="stretch"))
    assert (whole[:10, :, 0] == 255).all()
    assert (picture(image, view(fit="stretch", turned=True)) == whole[::-1, ::-1]).all()


def test_layout_and_type():
    image = np.full((20, 20, 3), (255, 0, 51), np.uint8)
    found = picture(image, view(layout="chw", dtype="float32"))
    assert (found.shape, found.dtype) == ((3, 20, 20), np.float32)
    assert found[:, 0, 0] == pytest.approx([1, 0, 0.2])


def test_a_picture_of_the_right_size_is_not_touched():
    image = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    assert (picture(image, view()) == image).all()


@pytest.mark.parametrize(
    ("parts", "numbers"),
    [
        (["position", "euler_xyz"], [0.4, 0.1, 0.3, 0.1, 0.2, 0.3]),
        (["rotation_vector"], TURNED.as_rotvec()),
        (["quaternion_xyzw"], TURNED.as_quat()),
        (["quaternion_wxyz"], TURNED.as_quat()[[3, 0, 1, 2]]),
        (["rotation_6d"], [*TURNED.as_matrix()[:, 0], *TURNED.as_matrix()[:, 1]]),
        (["gripper_opening", "gripper_closing", "zero", "fingers"], [0.75, 0.25, 0, 0.03, -0.03]),
    ],
)
def test_parts_of_a_state(parts, numbers):
    state = vector([ARM], StateMapping.model_validate({"key": "state", "parts": parts}))
    assert state == pytest.approx(np.asarray(numbers), abs=1e-6)
    assert state.dtype == np.float32


def test_commanded_poses_and_two_arms_in_a_row():
    mapping = StateMapping.model_validate({"key": "s", "parts": ["position", "gripper_opening"], "pose": "commanded"})
    assert vector([ARM, ARM], mapping) == pytest.approx([0.5, 0.1, 0.3, 0] * 2)


def test_a_key_of_several_names_is_a_mapping_inside_another():
    found = {("images", "top"): np.zeros(1), ("images", "side"): np.ones(1), ("prompt",): "go"}
    tree = nested(found)
    assert set(tree) == {"images", "prompt"}
    assert set(tree["images"]) == {"top", "side"}


def test_the_digest_tells_every_difference():
    found = {("state",): np.zeros(3), ("prompt",): "go"}
    others = [
        found | {("prompt",): "stop"},
        found | {("state",): np.array([0, 0, 1e-9])},
        found | {("state",): np.zeros(3, np.float32)},
        found | {("state",): np.zeros((3, 1))},
        {("other",): np.zeros(3), ("prompt",): "go"},
    ]
    assert len({digest(one) for one in [found, *others]}) == 6
    assert digest(dict(reversed(found.items()))) == digest(found)


def test_an_unknown_opening_is_no_number_to_send():
    mapping = StateMapping.model_validate({"key": "s", "parts": ["gripper_opening"]})
    with pytest.raises(ValueError, match="not known"):
        vector([replace(ARM, gripper_opening=float("nan"))], mapping)

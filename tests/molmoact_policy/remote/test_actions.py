"""Answers of every convention, held against the composition that the bridge makes of the deltas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from molmoact.profile import CheckpointProfile
from molmoact.runtime.observation import ArmObservation, Observation
from molmoact_common.poses import Pose, compose_delta
from molmoact_policy.remote.actions import BadAnswerError, deltas
from molmoact_policy.remote.settings import ActionMapping, ArmColumns

START = Pose(np.array([0.4, 0.1, 0.3]), Rotation.from_rotvec([2.9, 0.3, 0.1]).as_quat())
UNIT = st.floats(-1, 1).map(lambda number: round(number, 6))


def profile(**fields) -> CheckpointProfile:
    given_fields = {
        "name": "p", "step_period": 0.1, "steps": 3, "frame": "base", "rotation": "rotation_vector",
        "gripper": "one_is_open", "deltas": "commanded", "views": ["front"], "prompt": "single_view",
    }  # fmt: skip
    return CheckpointProfile.model_validate(given_fields | fields)


def observation(*arms: str) -> Observation:
    states = {arm: ArmObservation(START, START, 1.0, 1.0) for arm in arms or ("arm",)}
    return Observation(1, 1, {}, "go", arms=states)


def absolute_rows(form: str, targets: list[Pose]) -> np.ndarray:
    as_numbers = {
        "profile": lambda rotation: rotation.as_rotvec(),
        "quaternion_xyzw": lambda rotation: -3 * 0.5 * rotation.as_quat(),  # either sign, any length near one
        "quaternion_wxyz": lambda rotation: rotation.as_quat(scalar_first=True),
        "rotation_6d": lambda rotation: rotation.as_matrix()[:, :2].T.ravel(),
    }[form]
    return np.array([[*pose.position, *as_numbers(pose.rotation()), 1.0] for pose in targets])


@pytest.mark.parametrize("frame", ["base", "tool"])
@pytest.mark.parametrize("rotation", ["rotation_vector", "euler_xyz"])
@settings(max_examples=20)
@given(numbers=st.lists(st.tuples(UNIT, UNIT, UNIT, UNIT, UNIT, UNIT), min_size=3, max_size=3))
def test_absolute_poses_are_reached_by_the_composition_of_their_deltas(frame, rotation, numbers):
    targets = [Pose(np.array(row[:3]), Rotation.from_rotvec(row[3:]).as_quat()) for row in numbers]
    for form, width in (("quaternion_xyzw", 8), ("quaternion_wxyz", 8), ("rotation_6d", 10)):
        mapping = ActionMapping(width=width, columns=(ArmColumns(gripper=width - 1),), poses="absolute", rotation=form)
        kept = profile(frame=frame, rotation=rotation)
        found = deltas(absolute_rows(form, targets), observation(), mapping, kept)
        pose = START
        for target, step in zip(targets, found, strict=True):
            pose = compose_delta(pose, step[:6], kept.frame, kept.rotation)
            metres, radians = pose.distance_to(target)
            assert metres < 1e-6
            assert radians < 1e-5


def test_absolute_poses_in_the_profiles_own_rotation_numbers():
    targets = [Pose(START.position + 0.01 * n, START.quaternion) for n in (1, 2, 3)]
    found = deltas(absolute_rows("profile", targets), observation(), ActionMapping(poses="absolute"), profile())
    assert found[:, :3] == pytest.approx(np.full((3, 3), 0.01))
    assert found[:, 3:6] == pytest.approx(np.zeros((3, 3)), abs=1e-9)


def test_deltas_take_the_profiles_units():
    rows = np.tile([1.0, 0, 0, 0, 0, -1.0, 0.5], (5, 1))
    found = deltas(rows, observation(), ActionMapping(), profile(translation_scale=0.05, rotation_scale=0.5))
    assert found == pytest.approx(np.tile([0.05, 0, 0, 0, 0, -0.5, 0.5], (3, 1)))


@pytest.mark.parametrize(
    ("gripper", "span", "threshold", "raw", "openings"),
    [
        ("one_is_open", (0, 1), None, [0, 0.25, 1.2], [0, 0.25, 1]),
        ("one_is_closed", (0, 1), None, [0, 0.25, 1], [1, 0.75, 0]),
        ("one_is_closed", (-1, 1), None, [-1, 0, 1], [1, 0.5, 0]),  # LIBERO's
        ("one_is_open", (0, 0.08), None, [0, 0.04, 0.08], [0, 0.5, 1]),  # metres between the fingers
        ("one_is_closed", (0, 1), 0.5, [0.4, 0.6, 0.2], [1, 0, 1]),
    ],
)
def test_every_gripper_convention_becomes_an_opening(gripper, span, threshold, raw, openings):
    rows = np.zeros((3, 7))
    rows[:, 6] = raw
    mapping = ActionMapping(gripper_range=span, gripper_threshold=threshold)
    assert deltas(rows, observation(), mapping, profile(gripper=gripper))[:, 6] == pytest.approx(openings)


def test_two_arms_have_their_columns_side_by_side():
    rows = np.tile(np.arange(14.0) / 20, (3, 1))
    mapping = ActionMapping(width=14, columns=(ArmColumns(), ArmColumns(translation=7, rotation=10, gripper=13)))
    found = deltas(rows, observation("left", "right"), mapping, profile(arms=["left", "right"]))
    assert found == pytest.approx(rows)


@pytest.mark.parametrize(
    ("answer", "mapping", "said"),
    [
        ([[0.0] * 7] * 3, {}, "no array"),
        (np.full((3, 7), "1"), {}, "no array"),
        (np.zeros((3, 8)), {}, "has shape"),
        (np.full((3, 7), np.inf), {}, "inf in step 0, column 0"),
        (np.zeros((3, 8)), {"width": 8, "poses": "absolute", "rotation": "quaternion_xyzw"}, "quaternion of length 0"),
        (np.zeros((3, 10)), {"width": 10, "poses": "absolute", "rotation": "rotation_6d"}, "parallel or zero"),
        (np.zeros((3, 7)), {"columns": [{"gripper": 7}]}, "beyond the 7 columns"),
        (np.full((3, 7), -2.5), {"gripper_range": [-1, 1], "columns": [{}]}, ""),
        (np.full((3, 7), 40.0), {"gripper_range": [0, 1]}, "far outside 0 to 1"),
    ],
)
def test_an_answer_of_another_form_is_refused_whole(answer, mapping, said):
    wanted = ActionMapping.model_validate(mapping)
    if not said:  # a little overshoot of a regression is no other convention
        assert deltas(answer, observation(), wanted, profile()).shape == (3, 7)
        return
    with pytest.raises(BadAnswerError, match=said):
        deltas(answer, observation(), wanted, profile())

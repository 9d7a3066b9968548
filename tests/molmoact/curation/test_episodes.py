"""What actions follow from poses."""

import numpy as np
import pytest

from molmoact.curation.episodes import Motion, actions_of, pose_of
from molmoact.curation.lerobot_statistics import action_statistics
from molmoact.curation.no_ops import NoOpLimits, working_rows
from molmoact.protocol.actions import bins_of, normalise, physical, un_normalise, values_of
from molmoact.protocol.statistics import choose_statistics
from molmoact_common.poses import compose_delta
from support.invented_episode import demo_profile, invented_motion


@pytest.mark.parametrize("frame", ["base", "tool"])
@pytest.mark.parametrize("rotation", ["rotation_vector", "euler_xyz"])
@pytest.mark.parametrize("arms", [("arm",), ("left", "right")])
def test_actions_composed_as_the_bridge_does_lead_along_the_commanded_poses(frame, rotation, arms):
    profile, motion = demo_profile(frame=frame, rotation=rotation, arms=arms), invented_motion(arms=len(arms))
    actions = actions_of(motion, profile).reshape(len(motion), len(arms), 7)
    for arm in range(len(arms)):
        pose = pose_of(motion.commanded[0, arm])
        for step in range(len(motion)):
            pose = compose_delta(pose, actions[step, arm, :6], profile.frame, profile.rotation)
            metres, radians = pose.distance_to(pose_of(motion.targets[step, arm]))
            assert metres < 1e-9
            assert radians < 1e-7


def test_measured_deltas_are_between_measured_poses_and_the_last_is_none():
    motion = invented_motion()
    actions = actions_of(motion, demo_profile(deltas="measured"))
    np.testing.assert_allclose(actions[:-1, :3], np.diff(motion.measured[:, 0, :3], axis=0), atol=1e-12)
    np.testing.assert_array_equal(actions[-1, :6], 0)


def test_units_of_the_statistics_divide_the_deltas():
    metres = actions_of(invented_motion(), demo_profile())
    units = actions_of(invented_motion(), demo_profile(translation_scale=0.05, rotation_scale=0.5))
    np.testing.assert_allclose(units[:, :3] * 0.05, metres[:, :3])
    np.testing.assert_allclose(units[:, 3:6] * 0.5, metres[:, 3:6])


@pytest.mark.parametrize("gripper", ["one_is_open", "one_is_closed"])
def test_a_gripper_that_is_written_and_read_back_opens_and_closes_as_it_did(gripper):
    profile, motion = demo_profile(gripper=gripper), invented_motion()
    actions = actions_of(motion, profile)
    statistics = choose_statistics({"x": action_statistics([actions])})
    read = un_normalise(values_of(bins_of(normalise(actions, statistics))), statistics)
    np.testing.assert_allclose(physical(read, profile)[:, 6], motion.targets[:, 0, 7], atol=0.01)


def test_a_step_in_which_nothing_happens_is_no_work_and_the_way_stays_whole():
    motion = invented_motion(10)
    motion.targets[2:4] = motion.targets[1]
    motion.commanded[2:5] = motion.targets[1]
    rows = working_rows(motion, NoOpLimits())
    assert rows.tolist() == [0, 1, 4, 5, 6, 7, 8, 9]
    kept = motion.kept(rows)
    np.testing.assert_array_equal(kept.targets[:-1, :, :7], kept.commanded[1:, :, :7])


@pytest.mark.parametrize("happens", ["told to close", "closing"])
def test_a_gripper_at_work_is_work_though_the_arm_rests(happens):
    rest = np.tile([0.4, 0.0, 0.2, 1.0, 0.0, 0.0, 0.0, 1.0], (4, 1, 1))
    motion = Motion(rest.copy(), rest.copy(), rest.copy())
    if happens == "closing":
        motion.measured[2:, :, 7] = 0.5
    else:
        motion.targets[1:, :, 7] = motion.commanded[2:, :, 7] = 0.0
    assert working_rows(motion, NoOpLimits()).tolist() == [1]

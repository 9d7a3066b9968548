"""Demonstrations in process are episodes as conversion makes them."""

import cv2
import numpy as np
import pytest

from molmoact.curation.contact_sheet import composed
from molmoact.curation.episodes import pose_of
from sim_cell.inprocess.demonstration import DemonstrationSettings, demonstrate
from sim_cell.inprocess.generating import DemonstrationJob, generate

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shown(seeing, config, scene, profile):
    from sim_cell.tasks import load_task, make_episode  # noqa: PLC0415

    episode = make_episode("lift_block", load_task(config / "tasks", "lift_block"), scene, 1)
    return demonstrate(seeing, episode, profile, DemonstrationSettings())


def test_actions_lead_from_the_first_commanded_pose_to_the_last(shown, profile):
    led = composed(shown, profile, 0)
    np.testing.assert_allclose(led[1:], shown.commanded[1:, 0, :3], atol=1e-9)


def test_the_gripper_number_stands_as_published_the_other_way_round(shown):
    assert shown.actions[0, 6] == 0.0
    assert shown.actions[-1, 6] == 1.0


def test_steps_in_which_nothing_happens_are_left_out(shown, seeing, config, scene, profile):
    assert (np.diff(shown.steps) > 0).all()
    moved = np.linalg.norm(shown.actions[:, :6], axis=1) > 0
    closing = np.abs(np.diff(shown.measured[:, 0, 7], append=shown.measured[-1, 0, 7])) > 0.01
    told = np.diff(shown.actions[:, 6], prepend=0.0) != 0
    assert (moved | closing | told)[:-1].all()


def test_the_hand_is_where_its_picture_shows_it(shown, seeing):
    height, width = cv2.imdecode(np.frombuffer(shown.views["front"][0], np.uint8), cv2.IMREAD_COLOR).shape[:2]
    assert (height, width) == (60, 80)
    assert ((shown.hands[:, 0] >= -0.5) & (shown.hands[:, 0] <= [width, height])).all()
    above, low = shown.hands[0, 0, 1], shown.hands[:, 0, 1].max()
    assert low - above > 20  # down to the block and some way up again
    assert shown.hands[-1, 0, 1] < low


def test_depth_comes_with_every_row(shown):
    assert len(shown.depth) == len(shown)
    first = cv2.imdecode(np.frombuffer(shown.depth[0], np.uint8), cv2.IMREAD_UNCHANGED)
    assert first.dtype == np.uint16
    assert 500 < np.median(first) * shown.depth_unit * 1000 < 5000


def test_a_task_that_was_not_done_makes_no_demonstration(seeing, episode, profile):
    assert demonstrate(seeing, episode("lift_block", 1), profile, DemonstrationSettings(longest=8)) is None


def test_an_arm_that_wandered_starts_elsewhere_and_does_the_task(seeing, episode, profile, shown):
    found = demonstrate(seeing, episode("lift_block", 1), profile, DemonstrationSettings(wander=0.2))
    assert found is not None
    apart, _ = pose_of(found.commanded[0, 0]).distance_to(pose_of(shown.commanded[0, 0]))
    assert apart > 0.02


def test_processes_do_not_change_what_is_made(config):
    job = DemonstrationJob(
        scene=config / "cell/solo.yaml",
        tasks=config / "tasks",
        names=("lift_block",),
        profile=config / "policy/profiles/expert.yaml",
        height=48,
    )
    here, there = (list(generate(job, (3, 4), processes)) for processes in (1, 2))
    for one, other in zip(here, there, strict=True):
        assert one is not None
        assert other is not None
        np.testing.assert_array_equal(one.actions, other.actions)
        assert one.views == other.views
        assert one.source == other.source

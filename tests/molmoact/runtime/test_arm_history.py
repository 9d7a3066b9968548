"""Which state of the arm held when an image was taken."""

import numpy as np

from molmoact.runtime.arm_history import ArmHistory, ArmRecord
from molmoact.runtime.observation import ArmObservation
from molmoact_common.poses import Pose

MS = 1_000_000
POSE = Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))
ARM = ArmObservation(POSE, POSE, 1.0, 1.0)


def record(ms: int, step: int) -> ArmRecord:
    return ArmRecord(ms * MS, step, following=True, arm=ARM)


def history(*records: ArmRecord) -> ArmHistory:
    result = ArmHistory(stale_after_ns=200 * MS)
    for each in records:
        result.add(each)
    return result


def test_gives_the_last_state_at_or_before_the_stamp():
    states = history(record(10, 1), record(20, 2), record(30, 3))
    assert states.at(25 * MS) == record(20, 2)
    assert states.at(20 * MS) == record(20, 2)


def test_waits_until_a_state_as_new_as_the_image_has_come():
    states = history(record(10, 1))
    assert states.at(15 * MS) is None
    states.add(record(20, 2))
    assert states.at(15 * MS) == record(10, 1)


def test_a_gap_before_the_stamp_says_nothing():
    assert history(record(0, 1), record(500, 2)).at(300 * MS) is None


def test_an_image_older_than_every_state_says_nothing():
    assert history(record(100, 1), record(110, 1)).at(50 * MS) is None


def test_a_restarted_bridge_starts_the_history_afresh():
    states = history(record(10, 40), record(20, 41), record(30, 0))
    assert states.at(20 * MS) is None
    assert states.newest == record(30, 0)

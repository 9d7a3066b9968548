"""Which pictures of a bag show the hand at rest at a new pose."""

import numpy as np
import pytest

from demo_recorder.dataset.board_views import board_pictures
from molmoact_common.errors import ConfigError
from support.synthetic_take import START_MS, STEP_MS, write_take


def stops_at_every_fourth_step(events):
    """The hand goes on 40 mm a step, and rests in the second half of every fourth."""
    for at_ms, topic, message in events:
        if topic == "/arm/arm/state":
            step, rest = divmod(at_ms - START_MS, STEP_MS)
            message.measured.position.x = 0.04 * step
            message.dq = np.full(7, 0.0 if step >= 0 and step % 4 == 3 and rest >= STEP_MS // 2 else 0.3)
    return events


def test_each_rest_gives_one_picture_with_its_pose(tmp_path):
    write_take(tmp_path / "board", change=stops_at_every_fourth_step)
    intrinsics, pictures = board_pictures(tmp_path / "board", "front", "arm")
    assert (intrinsics.width, intrinsics.fx) == (64, 60.0)
    assert [round(pose.position[0] / 0.04) for pose, _ in pictures] == [3, 7, 11]
    assert {image.shape for _, image in pictures} == {(48, 64, 3)}


def test_a_bag_without_intrinsics_is_told_so(tmp_path):
    def without_info(events):
        return [event for event in events if not event[1].endswith("camera_info")]

    write_take(tmp_path / "board", change=without_info)
    with pytest.raises(ConfigError, match="no camera_info of front"):
        board_pictures(tmp_path / "board", "front", "arm")

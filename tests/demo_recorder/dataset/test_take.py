"""What becomes of a take: an episode that is what was done and seen, or a refusal that says why."""

from collections import Counter

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import Imu
from std_msgs.msg import String

from demo_recorder.dataset.refusal import Reason, RefusedTakeError
from demo_recorder.dataset.settings import ConversionSettings
from demo_recorder.dataset.take import episode_of
from demo_recorder.reading import BagReader
from molmoact.curation.calibration import Calibration, Intrinsics, hand_pixels
from molmoact.curation.episodes import actions_of
from molmoact_common.ros.stamps import to_time
from support.invented_episode import INSTRUCTION, demo_profile, picture
from support.synthetic_take import CALIBRATION, IMAGE_MS, MS, START_MS, STEP_MS, cell_says, write_take

SETTINGS = ConversionSettings(no_ops=None)


def convert(tmp_path, settings=SETTINGS, profile=None, **take):
    motion = write_take(tmp_path / "take", **take)
    return episode_of(tmp_path / "take", profile or demo_profile(), settings), motion


def refusal(tmp_path, settings=SETTINGS, profile=None, **take) -> Reason:
    with pytest.raises(RefusedTakeError) as caught:
        convert(tmp_path, settings, profile, **take)
    return caught.value.reason


@pytest.mark.parametrize("arms", [("arm",), ("left", "right")])
def test_every_commanded_step_is_a_row_with_the_action_that_made_it(tmp_path, arms):
    profile = demo_profile(arms=arms)
    episode, motion = convert(tmp_path, profile=profile, arms=arms)
    assert (len(episode), episode.instruction) == (12, INSTRUCTION)
    np.testing.assert_array_equal(episode.steps, np.arange(40, 52))
    np.testing.assert_allclose(episode.actions, actions_of(motion, profile), atol=1e-9)
    np.testing.assert_allclose(episode.commanded, motion.commanded, atol=1e-9)
    np.testing.assert_allclose(episode.measured, motion.measured, atol=1e-9)


def test_a_row_has_the_newest_pictures_that_were_exposed_when_its_step_was_commanded(tmp_path):
    episode, _ = convert(tmp_path)
    due = [START_MS + step * STEP_MS - IMAGE_MS for step in range(12)]  # one of that very moment shows the step itself
    assert episode.stamps_ns.tolist() == [at * MS for at in due]
    for row, at_ms in enumerate(due):
        pixels = cv2.imdecode(np.frombuffer(episode.views["wrist"][row], np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
        np.testing.assert_array_equal(pixels, picture(at_ms // IMAGE_MS % 15))
        depth = cv2.imdecode(np.frombuffer(episode.depth[row], np.uint8), cv2.IMREAD_UNCHANGED)
        assert (depth.dtype, depth[0, 0]) == (np.uint16, 600 + at_ms // IMAGE_MS)


def test_the_hand_is_where_the_calibrated_camera_sees_it(tmp_path):
    episode, motion = convert(tmp_path)
    camera = Calibration.model_validate({"cameras": {"front": CALIBRATION}}).cameras["front"]
    intrinsics = Intrinsics(width=64, height=48, fx=60, fy=60, cx=31.5, cy=23.5)
    np.testing.assert_allclose(
        episode.hands[:, 0], hand_pixels(camera, intrinsics, "arm", motion.measured[:, 0, :3]), atol=1e-9
    )
    straight_below = hand_pixels(camera, intrinsics, "arm", np.array([[0.4, 0.0, 0.0], [0.5, 0.0, 0.0]]))
    np.testing.assert_allclose(straight_below, [[31.5, 23.5], [37.5, 23.5]])


def test_a_camera_that_is_given_wins_over_the_bags_own(tmp_path):
    write_take(tmp_path / "take")
    given = Calibration.model_validate({"cameras": {"front": {"camera": {"position": [0, 0, 9]}}}})
    episode = episode_of(tmp_path / "take", demo_profile(), SETTINGS, given)
    assert np.isnan(episode.hands).all()  # it looks away from the table


def test_jpeg_pictures_are_nearly_the_same(tmp_path):
    episode, _ = convert(tmp_path, ConversionSettings(no_ops=None, images="jpeg"))
    pixels = cv2.imdecode(np.frombuffer(episode.views["front"][0], np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
    assert np.abs(pixels.astype(int) - picture(START_MS // IMAGE_MS - 1)).mean() < 4


def test_steps_without_work_are_counted_and_left_out(tmp_path):
    from support.invented_episode import invented_motion  # noqa: PLC0415

    motion, dropped = invented_motion(14), Counter()
    motion.targets[2:4] = motion.targets[1]
    motion.commanded[2:5] = motion.targets[1]
    write_take(tmp_path / "take", rows=14, motion=motion)
    episode = episode_of(tmp_path / "take", demo_profile(), ConversionSettings(), dropped=dropped)
    assert (len(episode), dropped) == (12, {"no-op": 2})


def without(topic):
    return lambda events: [event for event in events if event[1] != topic]


def stamped_elsewhere(events):
    for _, topic, message in events:
        if topic == "/camera/front/color/image_raw":
            message.header.stamp = to_time(10**18)
    return events


def between(topic, start_ms, end_ms):
    return lambda events: [event for event in events if event[1] != topic or not start_ms < event[0] < end_ms]


def another_instruction(events):
    return [*events, (700, "/policy/instruction", String(data="open the drawer"))]


def homed(events):
    for at_ms, topic, message in events:
        if topic == "/arm/arm/state" and at_ms >= 650:
            message.commanded.position.x += 0.05
    return events


def of_another_type(events):
    return [*without("/arm/arm/state")(events), (300, "/arm/arm/state", Imu())]


@pytest.mark.parametrize(
    ("reason", "take"),
    [
        (Reason.MISSING_TOPIC, {"change": without("/camera/wrist/color/image_raw")}),
        (Reason.MISSING_TOPIC, {"change": without("/arm/arm/state")}),
        (Reason.WRONG_TYPE, {"change": of_another_type}),
        (Reason.INSTRUCTION, {"change": without("/policy/instruction"), "instruction": ""}),
        (Reason.INSTRUCTION, {"change": another_instruction}),
        (Reason.UNMARKED, {"mark": ""}),
        (Reason.FAILURE, {"mark": "failure"}),
        (Reason.FAILURE, {"mark": "", "change": cell_says(False)}),
        (Reason.CALIBRATION, {"calibrated": False}),
        (Reason.TWO_CLOCKS, {"change": stamped_elsewhere}),
        (Reason.VIEW_GAP, {"change": between("/camera/front/color/image_raw", 500, 1000)}),
        (Reason.VIEW_GAP, {"change": between("/camera/front/aligned_depth_to_color/image_raw", 500, 1000)}),
        (Reason.STATE_GAP, {"change": between("/arm/arm/state", 400, 750)}),
        (Reason.MOVED_OTHERWISE, {"change": homed}),
        (Reason.TOO_SHORT, {"rows": 3}),
    ],
)
def test_a_bad_take_is_refused_with_its_reason(tmp_path, reason, take):
    assert refusal(tmp_path, **take) is reason


def test_what_is_wanted_can_be_widened(tmp_path):
    wide = ConversionSettings(keep_failures=True, keep_unmarked=True, calibrated=False, no_ops=None)
    episode, _ = convert(tmp_path, wide, mark="failure", calibrated=False)
    assert (len(episode), np.isnan(episode.hands).all()) == (12, True)


def test_the_cells_judgement_serves_where_nobody_marked(tmp_path):
    episode, _ = convert(tmp_path, mark="", change=cell_says(True))
    assert len(episode) == 12


def test_what_lies_in_the_trash_never_comes_back(tmp_path):
    write_take(tmp_path / "trash" / "take-0001")
    with pytest.raises(RefusedTakeError, match="trash"):
        episode_of(tmp_path / "trash" / "take-0001", demo_profile(), SETTINGS)


@pytest.mark.parametrize("how", ["no index", "cut off"])
def test_a_truncated_bag_is_refused(tmp_path, how):
    write_take(tmp_path / "take")
    if how == "no index":
        (tmp_path / "take/metadata.yaml").unlink()
    else:
        data = next((tmp_path / "take").glob("*.mcap"))
        data.write_bytes(data.read_bytes()[:-2000])
    with pytest.raises(RefusedTakeError) as caught:
        episode_of(tmp_path / "take", demo_profile(), SETTINGS)
    assert caught.value.reason is Reason.UNREADABLE


def test_another_definition_of_a_message_is_told_by_its_hash(tmp_path, monkeypatch):
    write_take(tmp_path / "take")
    recorded = BagReader.digests.fget
    other = {"/arm/arm/state": "RIHS01_0000"}
    monkeypatch.setattr(BagReader, "digests", property(lambda reader: recorded(reader) | other))
    with pytest.raises(RefusedTakeError, match="type hash differs") as caught:
        episode_of(tmp_path / "take", demo_profile(), SETTINGS)
    assert caught.value.reason is Reason.WRONG_TYPE


def test_a_bag_of_another_version_is_refused_and_named(tmp_path):
    write_take(tmp_path / "take")
    metadata = tmp_path / "take/metadata.yaml"
    metadata.write_text(metadata.read_text().replace("operator", "overseer"))
    with pytest.raises(RefusedTakeError, match="overseer") as caught:
        episode_of(tmp_path / "take", demo_profile(), SETTINGS)
    assert caught.value.reason is Reason.UNREADABLE

"""A take that is read back gives what the policy's desk had live, frame by frame and step by step."""

import numpy as np
from molmoact_ros.msg import ActionChunk, Reasoning

from demo_recorder.dataset.parity import compare
from molmoact_common.ros.images import image_from_message
from molmoact_common.ros.stamps import to_nanoseconds, to_time
from molmoact_policy.execution import ExecutionGate
from molmoact_policy.messages import arm_record
from molmoact_policy.observing import Desk, DeskSettings
from support.invented_episode import INSTRUCTION, demo_profile
from support.synthetic_take import MS, write_take

PROFILE = demo_profile()
TOLERANCE_MS = 35


def jittered(events):
    """Exposures and latencies that differ by view and frame, as real cameras have them."""
    random = np.random.default_rng(3)
    moved = []
    for at_ms, topic, message in events:
        if "image_raw" in topic:
            exposed = to_nanoseconds(message.header.stamp) // MS + int(random.integers(0, 12))
            message.header.stamp = to_time(exposed * MS)
            moved.append((exposed + int(random.integers(5, 45)), topic, message))
        else:
            moved.append((at_ms, topic, message))
    return moved


def with_a_policy(events):
    """What a live desk observes of these events, in the order of their arrival, recorded as a policy does."""
    gate = ExecutionGate("async", longest_chunk_ns=1000 * MS)
    settings = DeskSettings(views=PROFILE.views, arms=PROFILE.arms, view_tolerance_ns=TOLERANCE_MS * MS)
    desk: Desk = Desk(settings, gate, image_from_message)
    desk.instruction = INSTRUCTION
    thoughts = []
    events = sorted(jittered(events), key=lambda event: event[0])
    for at_ms, topic, message in events:
        _, _, name, *_ = topic.split("/")
        if topic.endswith("/color/image_raw"):
            desk.add_image(name, to_nanoseconds(message.header.stamp), message, at_ms * MS)
        elif topic.startswith("/arm/"):
            desk.add_state(name, arm_record(message))
        seen = desk.observe(at_ms * MS)
        if seen is not None:
            reasoning = Reasoning(sequence=seen.sequence, instruction=seen.instruction)
            reasoning.header.stamp = to_time(seen.stamp_ns)
            reasoning.view_stamps = [to_time(stamp) for stamp in seen.view_stamps]
            chunk = ActionChunk(sequence=seen.sequence, command_step=seen.command_step, arms=["arm"], steps=1, dof=7)
            chunk.deltas, chunk.frame, chunk.rotation = [0.0] * 7, "base", "rotation_vector"
            chunk.header.stamp = reasoning.header.stamp
            thoughts += [(at_ms, "/policy/reasoning", reasoning), (at_ms, "/policy/chunk", chunk)]
    return events + thoughts


def test_every_live_observation_is_found_again_in_the_bag(tmp_path):
    write_take(tmp_path / "take", rows=20, change=with_a_policy)
    seen = compare(tmp_path / "take", PROFILE, TOLERANCE_MS / 1000)
    assert len(seen) > 20
    assert [one for one in seen if not one.same] == []
    assert len({one.live[1] for one in seen}) > 15


def test_a_frame_that_was_not_recorded_is_missed(tmp_path):
    def without_one(events):
        events = with_a_policy(events)
        images = [event for event in events if event[1] == "/camera/front/color/image_raw"]
        return [event for event in events if event is not images[20]]

    write_take(tmp_path / "take", rows=20, change=without_one)
    assert any(not one.same for one in compare(tmp_path / "take", PROFILE, TOLERANCE_MS / 1000))

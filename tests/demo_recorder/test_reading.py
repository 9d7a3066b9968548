import json

import numpy as np
import pytest

from demo_recorder.reading import BagError, BagReader
from demo_recorder.records import ArmMode, ArmRecord, CellRecord, ImageRecord, Outcome, ReasoningRecord, Stage
from molmoact_common.chunks import Chunk
from molmoact_common.errors import UserError
from molmoact_common.poses import DeltaFrame
from support.synthetic_run import CHUNKS, INSTRUCTION, MS, front_picture, step_target


def records(bag, topic):
    with BagReader(bag) as reader:
        return [entry.record for entry in reader.entries([topic])]


def test_messages_come_in_the_order_of_their_log_time(synthetic_bag):
    with BagReader(synthetic_bag) as reader:
        times = [entry.log_ns for entry in reader.entries()]
        assert times == sorted(times)
        assert len(times) == sum(reader.counts.values())
        assert (times[0], times[-1]) == reader.span_ns


def test_topics_have_their_live_names_and_their_types_in_the_bag(synthetic_bag):
    with BagReader(synthetic_bag) as reader:
        assert reader.topics["/camera/front/color/image_raw"] == "sensor_msgs/msg/CompressedImage"
        assert reader.topics["/camera/wrist/color/image_raw"] == "sensor_msgs/msg/Image"


def test_losses_are_remembered(synthetic_bag):
    with BagReader(synthetic_bag) as reader:
        assert reader.drops == {"/camera/wrist/color/image_raw": 2}


def test_topic_that_is_not_there_gives_nothing(synthetic_bag):
    assert records(synthetic_bag, "/no/such/topic") == []


def test_image_has_its_exposure_and_its_pixels(synthetic_bag):
    image = records(synthetic_bag, "/camera/front/color/image_raw")[3]
    assert isinstance(image, ImageRecord)
    assert (image.stamp_ns, image.frame) == (600 * MS, "front_optical")
    assert np.array_equal(image.pixels(), front_picture(600 / (200 + CHUNKS * 1200)))


def test_arm_state_is_poses_and_modes(synthetic_bag):
    state = records(synthetic_bag, "/arm/arm/state")[60]
    assert isinstance(state, ArmRecord)
    assert (state.stamp_ns, state.mode, state.command_step) == (600 * MS, ArmMode.RUNNING, 3)
    assert state.commanded.distance_to(step_target(3)) == pytest.approx((0, 0), abs=1e-12)
    assert state.q.shape == state.dq.shape == (7,)


def test_reasoning_is_told_stage_by_stage(synthetic_bag):
    first = [r for r in records(synthetic_bag, "/policy/reasoning") if r.sequence == 1]
    assert all(isinstance(record, ReasoningRecord) for record in first)
    assert [record.stage for record in first] == [Stage.OBSERVED, Stage.DEPTH, Stage.TRACE, Stage.ACTION]
    assert first[0].depth_codes == ()
    assert len(first[-1].depth_codes) == 100
    assert len(first[-1].traces["arm"]) == 5


def test_chunk_is_the_chunk_of_the_common_ground(synthetic_bag):
    chunk = records(synthetic_bag, "/policy/chunk")[0]
    assert isinstance(chunk, Chunk)
    assert (chunk.deltas.shape, chunk.frame, chunk.instruction) == ((8, 7), DeltaFrame.BASE, INSTRUCTION)
    expected = step_target(1).position - step_target(0).position
    assert chunk.deltas[0, :3] == pytest.approx(expected)


def test_status_says_what_became_of_a_chunk(synthetic_bag):
    status = next(r for r in records(synthetic_bag, "/bridge/chunk_status") if r.outcome is Outcome.DISCARDED)
    assert (status.steps_done, status.clipped, status.reason) == (5, ("speed_cap",), "step 5: 31 N at the TCP")


def test_cell_state_and_instruction_are_read(synthetic_bag):
    cell = records(synthetic_bag, "/cell/state")[-1]
    assert isinstance(cell, CellRecord)
    assert (cell.seed, cell.success) == (4, True)
    assert records(synthetic_bag, "/policy/instruction")[0].text == INSTRUCTION


def test_absent_bag_is_a_line(tmp_path):
    with pytest.raises(BagError, match="there is nothing"):
        BagReader(tmp_path / "none")


def test_truncated_bag_is_a_line(synthetic_bag, tmp_path):
    cut = tmp_path / "cut"
    cut.mkdir()
    (cut / "metadata.yaml").write_text((synthetic_bag / "metadata.yaml").read_text())
    data = (synthetic_bag / "bag.mcap").read_bytes()
    (cut / "bag.mcap").write_bytes(data[: len(data) // 2])
    with pytest.raises(UserError, match="truncated") as told:
        BagReader(cut)
    assert "\n" not in str(told.value)


def test_contract_of_another_version_is_a_line(synthetic_bag, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    text = (synthetic_bag / "metadata.yaml").read_text()
    (other / "metadata.yaml").write_text(text.replace('{"name":"synthetic"', json.dumps({"name": 1, "x": 2})[:-1]))
    (other / "bag.mcap").write_bytes((synthetic_bag / "bag.mcap").read_bytes())
    with BagReader(other) as reader, pytest.raises(UserError, match=r"molmoact\.contract"):
        _ = reader.contract

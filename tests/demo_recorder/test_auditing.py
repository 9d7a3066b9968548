import json

import pytest
from rclpy.serialization import serialize_message
from std_msgs.msg import String

from demo_recorder.auditing import audit_bag
from demo_recorder.bag import BagRecorder
from demo_recorder.contract import RecordingContract, RecordingInfo, TakeOutcome

ORDER = "/policy/instruction"
TEXT = serialize_message(String(data="x"))
MS = 1_000_000


def bag(path, times_ms=range(0, 3000, 100), *, drops=None, outcome=None, **topic):
    spec = {"topic": ORDER, "type": "std_msgs/msg/String", "qos": "events", "min_rate": 8, **topic}
    contract = RecordingContract.model_validate({"name": "test", "topics": [spec]})
    recorder = BagRecorder(path, contract, RecordingInfo(instruction="close the drawer"))
    for at in times_ms:
        recorder.write(ORDER, at * MS, TEXT)
    recorder.close(drops, outcome)
    return path


def test_good_bag_has_figures_and_no_problem(tmp_path):
    audit = audit_bag(bag(tmp_path / "bag"))
    assert audit.problems == ()
    assert (audit.messages, audit.seconds, audit.info.instruction) == (30, 2.9, "close the drawer")
    topic = audit.topics[ORDER]
    assert (topic.count, topic.gap, topic.lost) == (30, pytest.approx(0.1), 0)
    assert topic.rate == pytest.approx(10.3, abs=0.1)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"drops": {ORDER: 3}}, "3 messages lost"),
        ({"times_ms": range(0, 3000, 500)}, "at least 8 are required"),
        ({"times_ms": [*range(0, 1000, 20), *range(2500, 3000, 20)]}, "silent for 1.5"),
        ({"times_ms": []}, "no message"),
    ],
)
def test_what_the_contract_forbids_is_a_problem(tmp_path, made, said):
    assert any(said in problem for problem in audit_bag(bag(tmp_path / "bag", **made)).problems)


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (TakeOutcome(ended="disk full"), "ended by itself: disk full"),
        (TakeOutcome(recovered=True), "cut off, and recovered up to its last whole chunk"),
        (TakeOutcome(), ""),
    ],
)
def test_early_end_is_a_remark_and_no_problem(tmp_path, outcome, said):
    audit = audit_bag(bag(tmp_path / "bag", outcome=outcome))
    assert (audit.problems, audit.remark) == ((), said)


def test_silence_of_a_topic_without_a_rate_is_none(tmp_path):
    assert audit_bag(bag(tmp_path / "bag", [0, 5000], min_rate=0)).problems == ()


def test_topic_that_is_missing_or_of_another_type_is_named(tmp_path):
    path = bag(tmp_path / "bag")
    text = (path / "metadata.yaml").read_text()
    assert json.dumps("std_msgs/msg/String") in text
    (path / "metadata.yaml").write_text(text.replace(json.dumps("std_msgs/msg/String"), '"std_msgs/msg/Bool"'))
    assert "not std_msgs/msg/Bool" in audit_bag(path).problems[0]


def test_truncated_bag_is_a_problem_and_no_error(tmp_path):
    path = bag(tmp_path / "bag")
    data = (path / "bag.mcap").read_bytes()
    (path / "bag.mcap").write_bytes(data[: len(data) // 2])
    assert "truncated" in audit_bag(path).problems[0]


def test_bag_of_another_recorder_is_told(tmp_path):
    path = bag(tmp_path / "bag")
    metadata = (path / "metadata.yaml").read_text()
    (path / "metadata.yaml").write_text(metadata.replace("molmoact.", "other."))
    assert audit_bag(path).problems == ("no contract: another recorder wrote it",)

import os
import subprocess
import sys

import numpy as np
import pytest
import yaml
from rclpy.serialization import serialize_message
from std_msgs.msg import String

from demo_recorder.contract import RecordingContract, RecordingInfo
from demo_recorder.folders import find_bags
from demo_recorder.reading import BagReader
from demo_recorder.repairing import repair_bag
from demo_recorder.takes import RecorderState, TakeError, Takes
from molmoact_common.errors import UserError
from molmoact_common.ros.images import image_to_message

SECOND = 1_000_000_000
ORDER, VIEW = "/policy/instruction", "/camera/front/color/image_raw"


def contract(**fields: object) -> RecordingContract:
    topics = [
        {"topic": ORDER, "type": "std_msgs/msg/String", "qos": "latched"},
        {"topic": VIEW, "type": "sensor_msgs/msg/Image", "qos": "image", "min_rate": 10},
    ]
    return RecordingContract.model_validate({"name": "test", "min_free_mb": 0, "topics": topics, **fields})


def picture(number: int) -> bytes:
    return serialize_message(image_to_message(np.full((4, 4, 3), number, np.uint8), "rgb8", number, "optical"))


def texts(path) -> list[str]:
    with BagReader(path) as bag:
        return [entry.record.text for entry in bag.entries([ORDER])]


REFUSING_DISK = """
import resource, sys
from pathlib import Path
from rclpy.serialization import serialize_message
from std_msgs.msg import String
from demo_recorder.contract import RecordingContract, RecordingInfo
from demo_recorder.takes import TakeError, Takes
topics = [{"topic": "/policy/instruction", "type": "std_msgs/msg/String", "qos": "events"}]
contract = RecordingContract.model_validate({"name": "test", "min_free_mb": 0, "topics": topics})
takes = Takes(Path(sys.argv[1]), contract, RecordingInfo())
takes.start(0)
takes.put("/policy/instruction", 0, serialize_message(String(data="whole")))
takes.keep()
takes.start(0)
resource.setrlimit(resource.RLIMIT_FSIZE, (5 * 2**19, 5 * 2**19))
for number in range(40):
    takes.put("/policy/instruction", number, serialize_message(String(data="x" * 100_000)))
takes.take._queue._thread.join(30)
report = takes.report(1)
print(takes.state.name, report.ended)
try:
    takes.keep()
except TakeError as error:
    print(error)
"""
"""A limit on the size of a file stands for a full disk: a write fails half way in, as there."""


@pytest.fixture
def takes(tmp_path):
    takes = Takes(tmp_path / "demos", contract(), RecordingInfo(operator="ada", robot=("arm",)))
    yield takes
    takes.close()


def test_kept_take_is_a_bag_that_says_what_it_is(takes):
    takes.start(0, {"instruction": "close the drawer", "task": "drawer", "operator": ""})
    takes.put(VIEW, 5, picture(1))
    takes.mark(success=True, note="slow")
    path = takes.keep()
    assert takes.state is RecorderState.IDLE
    with BagReader(path) as bag:
        assert bag.counts[VIEW] == 1
        assert (bag.info.instruction, bag.info.task, bag.info.operator) == ("close the drawer", "drawer", "ada")
        assert (bag.outcome.mark, bag.outcome.note, bag.outcome.ended) == ("success", "slow", "")
        assert bag.contract == contract()


def test_every_take_begins_with_the_newest_of_a_latched_topic(takes):
    takes.put(ORDER, 1, serialize_message(String(data="old")))
    takes.put(ORDER, 2, serialize_message(String(data="new")))
    paths = []
    for _ in range(2):
        takes.start(10)
        paths.append(takes.keep())
    assert [texts(path) for path in paths] == [["new"], ["new"]]


def test_discarded_take_is_in_the_trash_and_found_by_nobody(takes, tmp_path):
    takes.start(0)
    kept = takes.keep()
    takes.start(0)
    trashed = takes.discard()
    assert trashed == tmp_path / "demos/trash/take-0002"
    assert find_bags([tmp_path]) == [kept]


def test_redo_discards_and_starts_again_with_the_same_instruction(takes):
    first = takes.start(0, {"instruction": "close the drawer"})
    second = takes.redo(SECOND)
    assert (first.name, second.name) == ("take-0001", "take-0002")
    assert not first.exists()
    with BagReader(takes.keep()) as bag:
        assert bag.info.instruction == "close the drawer"


def test_number_of_a_discarded_take_is_not_used_again(takes):
    takes.start(0)
    takes.discard()
    assert takes.start(0).name == "take-0002"


@pytest.mark.parametrize("order", [Takes.keep, Takes.discard, lambda t: t.redo(0), lambda t: t.mark(success=True)])
def test_nothing_can_be_ordered_of_no_take(takes, order):
    with pytest.raises(TakeError, match="start one first"):
        order(takes)


def test_rates_are_shown_before_a_take_and_count_for_none(takes):
    takes.report(0)
    for number in range(20):
        takes.put(VIEW, number, picture(number))
    report = takes.report(2 * SECOND)
    assert (report.health.rates[VIEW], report.seconds, takes.state) == (10, 0, RecorderState.IDLE)
    takes.start(3 * SECOND)
    assert takes.report(3 * SECOND).health.written[VIEW] == 0


def test_second_start_says_what_comes_first(takes):
    takes.start(0)
    with pytest.raises(TakeError, match="take-0001 is recording; keep, discard or redo it first"):
        takes.start(0)


def test_nothing_is_recorded_between_takes(takes):
    takes.put(VIEW, 0, picture(1))
    takes.start(0)
    with BagReader(takes.keep()) as bag:
        assert bag.counts[VIEW] == 0


def test_message_that_is_lost_at_the_very_start_is_counted(takes):
    takes.put(VIEW, 0, picture(1), 7)
    takes.start(0)
    takes.put(VIEW, 1, picture(1), 10)
    with BagReader(takes.keep()) as bag:
        assert bag.drops == {VIEW: 2}


def test_what_passes_while_a_take_is_redone_is_no_loss(takes):
    takes.start(0)
    takes.put(VIEW, 0, picture(1), 7)
    takes.redo(0)
    takes.put(VIEW, 1, picture(1), 90)
    with BagReader(takes.keep()) as bag:
        assert bag.drops == {}


def ended_by_a_rule(tmp_path) -> Takes:
    takes = Takes(tmp_path / "demos", contract(health={"rate": "end", "window": 1}), RecordingInfo())
    takes.start(0)
    takes.put(VIEW, 0, picture(1))
    takes.report(0)
    takes.report(2 * SECOND)
    return takes


def test_take_that_breaks_a_rule_ends_and_waits_for_its_judgement(tmp_path):
    takes = ended_by_a_rule(tmp_path)
    assert takes.state is RecorderState.ENDED
    takes.put(VIEW, 3 * SECOND, picture(2))
    report = takes.report(9 * SECOND)
    assert "at least 10 are required" in report.ended
    assert report.seconds == 2
    with BagReader(takes.keep()) as bag:
        assert bag.counts[VIEW] == 1
        assert "at least 10 are required" in bag.outcome.ended


def test_take_that_has_ended_can_still_be_marked(tmp_path):
    takes = ended_by_a_rule(tmp_path)
    takes.mark(success=False)
    with BagReader(takes.keep()) as bag:
        assert (bag.outcome.mark, bag.counts[VIEW]) == ("failure", 1)
        assert "required" in bag.outcome.ended
    metadata = yaml.safe_load((bag.path / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    assert metadata["message_count"] == 1


def test_take_that_has_ended_can_be_discarded(tmp_path):
    takes = ended_by_a_rule(tmp_path)
    assert takes.discard().parent.name == "trash"
    assert takes.state is RecorderState.IDLE


def test_disk_that_runs_full_ends_the_take_and_leaves_earlier_ones(tmp_path):
    folder = tmp_path / "demos"
    whole = Takes(folder, contract(), RecordingInfo())
    whole.start(0)
    earlier = whole.keep()
    takes = Takes(folder, contract(min_free_mb=2**40), RecordingInfo())
    takes.start(0)
    takes.take._queue._thread.join(30)
    report = takes.report(SECOND)
    assert "free some space" in report.ended
    assert takes.state is RecorderState.ENDED
    assert texts(takes.keep()) == []
    assert find_bags([folder])[0] == earlier


def test_disk_that_refuses_a_write_ends_the_take_which_can_be_repaired(tmp_path):
    command = [sys.executable, "-c", REFUSING_DISK, str(tmp_path / "demos")]
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True).stdout
    ended, kept = said.splitlines()
    assert ended.startswith("ENDED cannot write")
    assert "File too large" in ended
    assert "molmoact bags repair" in kept
    earlier, full = find_bags([tmp_path])
    assert texts(earlier) == ["whole"]
    assert repair_bag(full).messages > 0
    assert set(texts(full)) == {"x" * 100_000}


def test_process_that_ends_keeps_the_take_under_way(takes):
    path = takes.start(0)
    takes.put(VIEW, 5, picture(1))
    takes.close()
    with BagReader(path) as bag:
        assert bag.counts[VIEW] == 1


@pytest.mark.parametrize("path", ["nowhere", "empty"])
def test_folder_without_bags_is_a_line(tmp_path, path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="name a bag, or a folder of bags"):
        find_bags([tmp_path / path])

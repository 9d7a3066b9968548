from pathlib import Path

import pytest
from rclpy.serialization import serialize_message
from std_msgs.msg import String

from bench.killed_recorder import kill_once
from demo_recorder.bag import CHUNK_NS, BagRecorder
from demo_recorder.contract import RecordingInfo
from demo_recorder.reading import BagReader
from demo_recorder.repairing import RepairError, repair_bag
from support.synthetic_run import synthetic_contract, write_synthetic_run

ORDER = "/policy/instruction"
MS = 1_000_000


def recorder(path: Path) -> BagRecorder:
    return BagRecorder(path, synthetic_contract(), RecordingInfo(instruction="close the drawer", robot=("arm",)))


def cut_off(path: Path, messages: int = 30) -> None:
    """What a killed recorder leaves of a message each 100 ms."""
    bag = recorder(path)
    for number in range(messages):
        bag.write(ORDER, number * 100 * MS, serialize_message(String(data=str(number))))
    bag.abort()


def numbers(path: Path) -> list[int]:
    with BagReader(path) as bag:
        return [int(entry.record.text.split()[0]) for entry in bag.entries([ORDER])]


def test_repaired_bag_has_all_but_the_last_second_and_what_was_known(tmp_path):
    cut_off(tmp_path / "bag")
    repair = repair_bag(tmp_path / "bag")
    found = numbers(tmp_path / "bag")
    assert found == list(range(repair.messages))
    assert 29 * 100 * MS - found[-1] * 100 * MS <= CHUNK_NS
    with BagReader(tmp_path / "bag") as bag:
        assert bag.contract == synthetic_contract()
        assert (bag.info.instruction, bag.outcome.recovered) == ("close the drawer", True)


def test_repaired_bag_tells_types_hashes_and_quality_of_service_as_a_closed_one(tmp_path):
    cut_off(tmp_path / "bag")
    recorder(tmp_path / "whole").close()
    repair_bag(tmp_path / "bag")
    with BagReader(tmp_path / "bag") as repaired, BagReader(tmp_path / "whole") as whole:
        described = [
            {(c.topic, c.msgtype, c.digest, str(c.ext)) for c in bag._reader.connections} for bag in (repaired, whole)
        ]
    assert described[0] == described[1]


def test_broken_bag_is_kept_in_the_trash(tmp_path):
    cut_off(tmp_path / "bag")
    before = (tmp_path / "bag/bag.mcap").read_bytes()
    repair = repair_bag(tmp_path / "bag")
    assert repair.broken == tmp_path / "trash/bag"
    assert (repair.broken / "bag.mcap").read_bytes() == before


@pytest.mark.parametrize("cut", [1, 100, 400])
def test_bag_that_is_cut_anywhere_gives_its_whole_chunks(tmp_path, cut):
    cut_off(tmp_path / "bag")
    file = tmp_path / "bag/bag.mcap"
    file.write_bytes(file.read_bytes()[:-cut])
    repair_bag(tmp_path / "bag")
    found = numbers(tmp_path / "bag")
    assert found == list(range(len(found)))
    assert found


def test_zeros_behind_the_last_chunk_are_no_messages(tmp_path):
    cut_off(tmp_path / "bag")
    with (tmp_path / "bag/bag.mcap").open("ab") as stream:
        stream.write(bytes(4096))
    assert repair_bag(tmp_path / "bag").messages == len(numbers(tmp_path / "bag")) > 0


def test_whole_bag_is_left_alone(tmp_path):
    write_synthetic_run(tmp_path / "bag", chunks=1)
    with pytest.raises(RepairError, match="nothing to repair"):
        repair_bag(tmp_path / "bag")


def test_bag_without_a_whole_chunk_is_left_where_it_is(tmp_path):
    recorder(tmp_path / "bag").abort()
    with pytest.raises(RepairError, match="nothing to recover"):
        repair_bag(tmp_path / "bag")
    assert [path.name for path in tmp_path.iterdir()] == ["bag"]


@pytest.mark.slow
@pytest.mark.parametrize(("size", "after"), [(10, 250), (20_000, 180), (300_000, 37)])
def test_killed_recorder_loses_no_more_than_its_last_chunk(tmp_path, size, after):
    """SIGKILL in the middle of writing: everything older than a second of log time, or a MiB, is there again."""
    killed = kill_once(tmp_path / "bag", size, after)
    assert killed.whole, (killed.written, killed.recovered[-1], killed.chunk)
    assert killed.recovered

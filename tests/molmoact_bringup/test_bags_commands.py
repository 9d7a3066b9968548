import pytest
from typer.testing import CliRunner

from demo_recorder.bag import BagRecorder
from demo_recorder.contract import RecordingInfo
from demo_recorder.reading import BagReader
from molmoact_bringup.bags_commands import BagsWrongError, bags
from support.synthetic_run import synthetic_contract, write_synthetic_run


def run(*words: str):
    return CliRunner().invoke(bags, list(words), env={"COLUMNS": "200"})


@pytest.fixture
def folder(tmp_path):
    write_synthetic_run(tmp_path / "take-0001", chunks=1)
    whole = BagRecorder(tmp_path / "take-0002", synthetic_contract(), RecordingInfo())
    whole.abort()
    return tmp_path


def test_check_prints_a_row_a_bag_and_fails_where_one_has_problems(folder):
    result = run("check", str(folder), "--topics")
    assert isinstance(result.exception, BagsWrongError)
    assert result.exception.exit_code == 1
    assert str(result.exception).startswith("2 of 2 bags have problems")
    assert "take-0002: unfinished" in result.output
    assert "/camera/wrist/color/image_raw: 2 messages lost" in result.output


def test_check_of_good_bags_succeeds(tmp_path):
    recorder = BagRecorder(tmp_path / "good", empty_contract(), RecordingInfo(instruction="close the drawer"))
    recorder.write("/policy/instruction", 1, b"\x00\x01\x00\x00\x02\x00\x00\x00x\x00")
    recorder.close()
    result = run("check", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert "close the drawer" in result.output


def empty_contract():
    contract = synthetic_contract()
    one = [topic for topic in contract.topics if topic.name == "/policy/instruction"]
    return contract.model_copy(update={"topics": tuple(one)})


def test_repair_recovers_what_it_can_and_tells_what_it_cannot(tmp_path):
    cut = BagRecorder(tmp_path / "cut", empty_contract(), RecordingInfo())
    for second in range(4):
        cut.write("/policy/instruction", second * 10**9, b"\x00\x01\x00\x00\x02\x00\x00\x00x\x00")
    cut.abort()
    BagRecorder(tmp_path / "nothing", empty_contract(), RecordingInfo()).abort()
    result = run("repair", str(tmp_path))
    assert "4 messages recovered" in result.output
    assert "nothing to recover" in result.output
    assert str(result.exception).startswith("1 of 2 broken bags could not be repaired")
    with BagReader(tmp_path / "cut") as bag:
        assert sum(bag.counts.values()) == 4


def test_repair_of_whole_bags_does_nothing(tmp_path):
    write_synthetic_run(tmp_path / "bag", chunks=1)
    assert "nothing to repair" in run("repair", str(tmp_path)).output

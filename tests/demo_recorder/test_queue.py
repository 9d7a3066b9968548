import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from rclpy.serialization import serialize_message
from std_msgs.msg import String

from demo_recorder.bag import BagRecorder, BagSummary
from demo_recorder.contract import RecordingInfo
from demo_recorder.queue import RecordingQueue
from demo_recorder.reading import BagReader
from molmoact_common.ros.images import image_to_message
from support.synthetic_run import synthetic_contract

TOPIC, VIEW = "/policy/instruction", "/camera/front/color/image_raw"
TEXT = serialize_message(String(data="put the red block into the tray"))
FULL_DISK = """
import resource, sys
from pathlib import Path
from rclpy.serialization import serialize_message
from std_msgs.msg import String
from support.synthetic_run import synthetic_contract
from demo_recorder.bag import BagRecorder
from demo_recorder.contract import RecordingInfo
from demo_recorder.queue import RecordingQueue
bag = BagRecorder(Path(sys.argv[1]), synthetic_contract(), RecordingInfo())
queue = RecordingQueue(bag, limit_bytes=2**26, min_free_bytes=0)
resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))
for count in range(40):
    queue.put("/policy/instruction", count, serialize_message(String(data="x" * 100_000)))
print(queue.close(), queue.failure)
"""


class StuckDisk:
    """A bag on a disk that takes nothing until it is released."""

    def __init__(self) -> None:
        self.path = Path.cwd()
        self.counts: dict[str, int] = {TOPIC: 0}
        self.reached, self.released = threading.Event(), threading.Event()

    def write(self, topic: str, log_ns: int, raw: bytes) -> None:
        self.reached.set()
        assert self.released.wait(30)
        self.counts[topic] += 1

    def close(self, drops=None, outcome=None) -> BagSummary:
        return BagSummary(self.path, dict(self.counts), dict(drops or {}))

    def abort(self) -> None: ...


def queue_on(path: Path, *, min_free_bytes: int = 0) -> RecordingQueue:
    bag = BagRecorder(path, synthetic_contract(), RecordingInfo())
    return RecordingQueue(bag, limit_bytes=2**20, min_free_bytes=min_free_bytes)


def test_everything_handed_over_before_the_end_is_in_the_bag(tmp_path):
    queue = queue_on(tmp_path / "bag")
    assert all(queue.put(TOPIC, stamp, TEXT) for stamp in range(200))
    assert queue.close().counts[TOPIC] == 200
    with BagReader(tmp_path / "bag") as reader:
        assert [entry.log_ns for entry in reader.entries()] == list(range(200))


def test_stuck_disk_costs_counted_drops_and_never_blocks():
    disk = StuckDisk()
    queue = RecordingQueue(disk, limit_bytes=3 * len(TEXT), min_free_bytes=0)
    assert queue.put(TOPIC, 0, TEXT)
    assert disk.reached.wait(30)
    assert [queue.put(TOPIC, stamp, TEXT) for stamp in (1, 2, 3)] == [True, True, False]
    assert queue.drops == {TOPIC: 1}
    disk.released.set()
    summary = queue.close()
    assert (summary.counts, summary.drops) == ({TOPIC: 3}, {TOPIC: 1})


def test_disk_that_never_comes_back_is_told_and_not_waited_for():
    disk = StuckDisk()
    queue = RecordingQueue(disk, limit_bytes=1000, min_free_bytes=0)
    queue.put(TOPIC, 0, TEXT)
    assert queue.close(timeout_s=0.01) is None
    assert "check the disk" in str(queue.failure)
    disk.released.set()


def test_nothing_is_taken_after_the_end(tmp_path):
    queue = queue_on(tmp_path / "bag")
    queue.close()
    assert not queue.put(TOPIC, 1, TEXT)


def test_disk_below_its_reserve_ends_the_recording_with_a_whole_bag(tmp_path):
    queue = queue_on(tmp_path / "bag", min_free_bytes=2**62)
    assert queue.close() is not None
    assert "the recording ended and its bag is whole" in str(queue.failure)
    with BagReader(tmp_path / "bag") as reader:
        assert list(reader.entries()) == []


def test_disk_that_refuses_a_write_is_told_in_one_line(tmp_path):
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path / "bag")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True).stdout
    assert said.startswith("None cannot write")
    assert "File too large" in said


def test_image_that_cannot_be_compressed_is_a_named_drop_and_the_rest_goes_on(tmp_path):
    queue = queue_on(tmp_path / "bag")
    queue.put(VIEW, 0, serialize_message(image_to_message(np.ones((4, 4), np.float32), "32FC1", 0, "optical")))
    queue.put(TOPIC, 1, TEXT)
    summary = queue.close()
    assert (summary.counts[VIEW], summary.counts[TOPIC], summary.drops) == (0, 1, {VIEW: 1})
    assert "32FC1" in queue.refusals[VIEW]


@pytest.mark.parametrize("size", [0, 5])
def test_bytes_that_are_no_message_are_a_drop_too(tmp_path, size):
    queue = queue_on(tmp_path / "bag")
    queue.put(VIEW, 0, b"\x00" * size)
    assert queue.close().drops == {VIEW: 1}

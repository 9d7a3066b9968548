"""A recorder that is killed in the middle of writing, its bag repaired, and what was lost counted."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from demo_recorder.contract import RecordingContract
from demo_recorder.reading import BagReader
from demo_recorder.records import TextRecord
from demo_recorder.repairing import RepairError, repair_bag

TOPIC = "/policy/instruction"
PERIOD_NS = 10_000_000
"""Of the messages' log time: a chunk goes to the disk after a second of it at the latest."""

CHUNK_BYTES = 2**20

_WRITER = """
import sys
from pathlib import Path
from rclpy.serialization import serialize_message
from std_msgs.msg import String
from bench.killed_recorder import contract
from demo_recorder.bag import BagRecorder
from demo_recorder.contract import RecordingInfo
bag = BagRecorder(Path(sys.argv[1]), contract(), RecordingInfo(instruction="close the drawer"))
size, period = int(sys.argv[2]), int(sys.argv[3])
for number in range(10**9):
    text = String(data=f"{number} " + "x" * size)
    bag.write("/policy/instruction", number * period, serialize_message(text))
    print(number, flush=True)
"""


@dataclass(frozen=True, slots=True)
class Killed:
    """One kill: messages written before it, those in the repaired bag (numbered from 0), and the most in a chunk."""

    written: int
    recovered: tuple[int, ...]
    chunk: int

    @property
    def whole(self) -> bool:
        """Whether everything older than the last chunk is there, in order."""
        return self.recovered == tuple(range(len(self.recovered))) and self.written - len(self.recovered) <= self.chunk


def contract() -> RecordingContract:
    """One topic of texts."""
    topic = {"topic": TOPIC, "type": "std_msgs/msg/String", "qos": "events"}
    return RecordingContract.model_validate({"name": "killed", "min_free_mb": 0, "topics": [topic]})


def kill_once(bag: Path, size: int, after: int) -> Killed:
    """Write messages of `size` bytes to `bag`, kill the writer (SIGKILL) once it has written `after`, and repair."""
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(bag), str(size), str(PERIOD_NS)],
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    said = process.stdout
    if said is None:
        raise AssertionError("the pipe was asked for")
    written = 0
    for line in said:
        written += line.endswith("\n")
        if written == after:
            process.send_signal(signal.SIGKILL)
    process.wait()
    chunk = 1 + min(1_000_000_000 // PERIOD_NS, 1 + CHUNK_BYTES // size)
    try:
        repair_bag(bag)
    except RepairError:  # killed before the first chunk was whole
        return Killed(written, (), chunk)
    with BagReader(bag) as reader:
        records = [entry.record for entry in reader.entries([TOPIC])]
        recovered = tuple(int(record.text.split()[0]) for record in records if isinstance(record, TextRecord))
    return Killed(written, recovered, chunk)

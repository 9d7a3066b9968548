"""One take while it is recorded: its bag, the queue before the disk, its health, and how it ended."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from demo_recorder.bag import BagRecorder, BagSummary, mark_bag
from demo_recorder.contract import RecordingContract, RecordingInfo, TakeOutcome
from demo_recorder.health import MEBIBYTE, Counted, HealthMonitor, RecordingHealth
from demo_recorder.queue import RecordingQueue, StorageError


@dataclass(frozen=True, slots=True)
class TakeReport:
    """A take at one moment: seconds of the graph's clock since its start, bytes on the disk, health, why it ended."""

    seconds: float
    size: int
    health: RecordingHealth
    ended: str


class Take:
    """Takes messages until it is ended, by its operator or by a rule of the contract. One thread uses it."""

    def __init__(
        self,
        path: Path,
        contract: RecordingContract,
        info: RecordingInfo,
        now_ns: int,
        heard: Mapping[str, int] | None = None,
    ) -> None:
        """Begin to record.

        Args:
            path: folder of the bag; must not exist.
            contract: what is recorded.
            info: what is known of it.
            now_ns: time of the graph's clock.
            heard: topic -> the publisher's count of the newest message before.

        Raises:
            ConfigError: see `BagRecorder`.
        """
        self.path, self.info, self.outcome = path, info, TakeOutcome()
        self.summary: BagSummary | None = None
        self._started_ns = now_ns
        self._monitor = HealthMonitor(contract, heard)
        self._queue = RecordingQueue(
            BagRecorder(path, contract, info),
            limit_bytes=contract.queue_mb * MEBIBYTE,
            min_free_bytes=contract.min_free_mb * MEBIBYTE,
        )
        self._closed = False
        self._report: TakeReport | None = None

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._closed

    @property
    def failure(self) -> StorageError | None:
        """What the disk refused."""
        return self._queue.failure

    def put(self, topic: str, now_ns: int, raw: bytes, number: int | None = None) -> None:
        """One serialized message of a topic of the contract; `number` as `Arrivals.seen` has it."""
        if not self._closed:
            self._monitor.seen(topic, now_ns, raw, number)
            self._queue.put(topic, now_ns, raw)

    def report(self, now_ns: int) -> TakeReport:
        """How it does; the take ends here where a rule says so or the disk has refused. Then the report stays."""
        if self._report is None or not self._closed:
            health = self._health(now_ns)
            if why := str(self.failure or health.ending):
                self.end(why)
            seconds = (now_ns - self._started_ns) / 1e9
            self._report = TakeReport(seconds, self._size(), health, self.outcome.ended)
        return self._report

    def mark(self, outcome: TakeOutcome) -> None:
        """Remember the operator's judgement, in the bag as well once that is closed."""
        self.outcome = outcome
        if self._closed and (self.path / "metadata.yaml").is_file():
            mark_bag(self.path, outcome)

    def end(self, why: str = "") -> None:
        """Write what waits and close the bag; `why`: the reason where no person ended it. Once is enough."""
        if self._closed:
            return
        self.outcome = self.outcome.model_copy(update={"ended": why})
        lost = {name: self._monitor.lost(name) for name in self._queue.counts}
        self.summary = self._queue.close(self.outcome, lost)
        self._closed = True

    def _health(self, now_ns: int) -> RecordingHealth:
        free = shutil.disk_usage(self.path).free
        queue = self._queue
        return self._monitor.report(now_ns, Counted(queue.counts, queue.drops, queue.refusals, free))

    def _size(self) -> int:
        return sum(file.stat().st_size for file in self.path.glob("*.mcap"))

"""The rows of a take: for every commanded step, what a policy would have seen when it was due."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from demo_recorder.dataset.refusal import Reason, RefusedTakeError
from demo_recorder.reading import Entry
from demo_recorder.records import ArmMode, ArmRecord, ImageRecord
from molmoact.runtime import arm_history
from molmoact.runtime.observation import ArmObservation
from molmoact.runtime.streams import StreamBuffer
from molmoact.runtime.views import FRAMES_KEPT, ViewSet
from molmoact_common.ros.stamps import NANOSECONDS

FOLLOWING = (ArmMode.RUNNING, ArmMode.HOLDING)
States = Mapping[str, ArmRecord]


@dataclass(frozen=True, slots=True)
class Row:
    """One commanded step.

    Attributes:
        step: the bridge's counter before it.
        stamp_ns: when it was commanded.
        views: the newest pictures from before then.
        seen: each arm's state when the newest of them was exposed.
        before: each arm's last state before the step, whose commanded pose it starts from.
        after: each arm's first state after it, with the commanded pose that it led to.
    """

    step: int
    stamp_ns: int
    views: ViewSet[ImageRecord]
    seen: Mapping[str, arm_history.ArmRecord]
    before: States
    after: States


def color_topic(view: str) -> str:
    """Where a camera's pictures are."""
    return f"/camera/{view}/color/image_raw"


def depth_topic(view: str) -> str:
    """Where its depth is, aligned with the colour."""
    return f"/camera/{view}/aligned_depth_to_color/image_raw"


def state_topic(arm: str) -> str:
    """Where an arm's states are."""
    return f"/arm/{arm}/state"


class RowSampler:
    """Makes rows of entries in the order of their stamps, through the buffer that the live policy has too."""

    def __init__(self, views: Sequence[str], arms: Sequence[str], view_tolerance: float) -> None:
        """`view_tolerance` in seconds."""
        self.buffer: StreamBuffer[ImageRecord] = StreamBuffer(views, arms, int(view_tolerance * NANOSECONDS))
        self._views = {color_topic(view): view for view in views}
        self._depth: deque[ImageRecord] = deque(maxlen=FRAMES_KEPT)
        self._tolerance_ns = int(view_tolerance * NANOSECONDS)
        self._arms = tuple(arms)
        self._newest: dict[str, ArmRecord] = {}
        self._before: States = {}

    @property
    def topics(self) -> list[str]:
        """What must be fed."""
        return [*self._views, *map(state_topic, self._arms)]

    def depth_of(self, row: Row) -> ImageRecord | None:
        """The depth picture that was taken with the first view of the newest row, where it was fed."""
        color = row.views.stamps[0]
        nearest = min(self._depth, key=lambda record: abs(record.stamp_ns - color), default=None)
        return nearest if nearest and abs(nearest.stamp_ns - color) <= self._tolerance_ns else None

    def rows(self, entries: Iterable[Entry]) -> Iterator[Row]:
        """Rows of all steps that were commanded while the bridge followed chunks.

        Raises:
            RefusedTakeError: a step's states or pictures are missing.
        """
        for entry in entries:
            if (row := self.feed(entry)) is not None:
                yield row

    def feed(self, entry: Entry) -> Row | None:
        """Take in one entry; the row whose step it shows to be commanded.

        Raises:
            RefusedTakeError: see `rows`.
        """
        record = entry.record
        if isinstance(record, ArmRecord):
            return self._state(record)
        if isinstance(record, ImageRecord) and entry.topic in self._views:
            self.buffer.add_image(self._views[entry.topic], record.stamp_ns, record)
        elif isinstance(record, ImageRecord):
            self._depth.append(record)
        return None

    def _state(self, record: ArmRecord) -> Row | None:
        self._newest[record.arm] = record
        self.buffer.add_state(record.arm, _for_history(record))
        counters = {state.command_step for state in self._newest.values()}
        if len(self._newest) < len(self._arms) or len(counters) > 1:
            return None  # the states of one step come one arm after the other
        before, self._before = self._before, dict(self._newest)
        started = bool(before) and all(state.mode in FOLLOWING for state in before.values())
        return self._row(before) if started else None

    def _row(self, before: States) -> Row | None:
        first, now = before[self._arms[0]], self._newest[self._arms[0]]
        made = now.command_step - first.command_step
        if made == 0:
            return None
        if made != 1:
            raise RefusedTakeError(
                Reason.STATE_GAP, f"{made} steps between the states at {first.stamp_ns} and {now.stamp_ns} ns"
            )
        views = self.buffer.views(after_ns=-1)
        if views is None:
            return None  # before the first picture of every view
        seen = self.buffer.states(views)
        if seen is None:
            raise RefusedTakeError(Reason.STATE_GAP, f"no arm state near the picture at {views.newest_ns} ns")
        return Row(first.command_step, now.stamp_ns, views, seen, before, self._before)


def _for_history(record: ArmRecord) -> arm_history.ArmRecord:
    return arm_history.ArmRecord(
        stamp_ns=record.stamp_ns,
        command_step=record.command_step,
        following=record.mode in FOLLOWING,
        arm=ArmObservation(record.measured, record.commanded, record.gripper_opening, record.gripper_commanded),
    )

"""The policy's desk: everything that came in, and the observation that can be made of it now."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from molmoact.runtime.arm_history import ArmRecord
from molmoact.runtime.observation import Observation, TracePoints
from molmoact.runtime.streams import STATE_STALE_NS, StreamBuffer
from molmoact.runtime.views import ImageT, ViewSet
from molmoact_policy.execution import ExecutionGate

NANOSECONDS_PER_MILLISECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """What the desk needs to know.

    Attributes:
        views: camera names in the profile's order.
        arms: arm names in the order of the action's columns.
        view_tolerance_ns: largest spread of the exposures of one observation.
        state_stale_ns: an arm state older than this says nothing.
    """

    views: Sequence[str]
    arms: Sequence[str]
    view_tolerance_ns: int
    state_stale_ns: int = STATE_STALE_NS


class Desk(Generic[ImageT]):
    """Collects images, arm states, instruction and drawn traces; makes observations of them. Not thread-safe."""

    def __init__(
        self, settings: DeskSettings, gate: ExecutionGate, to_array: Callable[[ImageT], NDArray[np.uint8]]
    ) -> None:
        """`to_array` turns what `add_image` was given into an RGB array; called only for images that are used."""
        self._streams: StreamBuffer[ImageT] = StreamBuffer(
            settings.views, settings.arms, settings.view_tolerance_ns, settings.state_stale_ns
        )
        self.gate = gate
        self._to_array = to_array
        self._sequence = 0
        self._received_ns = 0
        self.instruction = ""
        self.drawn: Mapping[str, TracePoints] = {}

    def add_image(self, view: str, stamp_ns: int, image: ImageT, now_ns: int) -> None:
        """Take in one image of one view."""
        if self._streams.add_image(view, stamp_ns, image):
            self.gate.restart()
        self._received_ns = now_ns

    def add_state(self, arm: str, record: ArmRecord) -> None:
        """Take in one state of one arm; others than the policy's own are ignored.

        Images from before an arm began to follow are not answered: the bridge would refuse the chunk.
        """
        if arm not in self._streams.newest_states:
            return
        before = self._streams.newest_states[arm]
        if record.following and not (before and before.following):
            self.gate.observed(record.stamp_ns)
        self._streams.add_state(arm, record)

    def waiting_for(self, now_ns: int) -> str:
        """Why no observation can be made now, in a few words; empty where one can."""
        if not self.instruction:
            return "an instruction"
        silent = [arm for arm, newest in self._streams.newest_states.items() if newest is None]
        if silent:
            return f"the state of {', '.join(silent)}"
        if not self._following():
            return "the bridge to be started"
        after_ns = self.gate.observe_after(now_ns)
        if after_ns is None:
            return "the last chunk to end"
        views = self._streams.views(after_ns)
        if views is None:
            return "new images of every view, exposed together"
        return "" if self._streams.states(views) else "arm states as new as the images"

    def observe(self, now_ns: int) -> Observation | None:
        """An observation of the newest synchronised views, or None (see `waiting_for`)."""
        after_ns = self.gate.observe_after(now_ns)
        if not self.instruction or not self._following() or after_ns is None:
            return None
        views = self._streams.views(after_ns)
        states = self._streams.states(views) if views else None
        if views is None or states is None:
            return None
        self.gate.observed(views.newest_ns)
        return self._observation(views, states)

    def cancelled(self, observation: Observation) -> str:
        """Why an answer to `observation` is worth nothing any more; empty while it is."""
        if observation.instruction != self.instruction:
            return "the instruction changed"
        if observation.drawn != self.drawn:
            return "the drawn trace changed"
        return "" if self._following() else "the bridge no longer follows chunks"

    def _following(self) -> bool:
        return all(record is not None and record.following for record in self._streams.newest_states.values())

    def _observation(self, views: ViewSet[ImageT], states: Mapping[str, ArmRecord]) -> Observation:
        self._sequence = max(self._sequence + 1, views.newest_ns // NANOSECONDS_PER_MILLISECOND)
        return Observation(
            sequence=self._sequence,
            stamp_ns=views.newest_ns,
            views={view: self._to_array(image) for view, image in views.images.items()},
            view_stamps=views.stamps,
            instruction=self.instruction,
            command_step=max(state.command_step for state in states.values()),
            arms={arm: state.arm for arm, state in states.items()},
            drawn=self.drawn,
            # The clock of a simulated graph comes in steps, and may be heard after a picture of its next moment.
            received_ns=max(self._received_ns, views.newest_ns),
        )

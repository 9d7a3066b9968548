"""The stream buffer: frames and arm states go in as they come, and out comes what belongs to one moment.

The policy's desk fills it from topics, the conversion of bags from recorded messages: a bag gives what was seen live.
"""

from collections.abc import Mapping, Sequence
from typing import Generic

from molmoact.runtime.arm_history import ArmHistory, ArmRecord
from molmoact.runtime.views import ImageT, ViewSet, ViewSynchronizer

STATE_STALE_NS = 200_000_000
"""An arm state that was this old when an image was exposed says nothing about it (20 states of the bridge)."""


class StreamBuffer(Generic[ImageT]):
    """The recent past of every view and every arm. Not thread-safe."""

    def __init__(
        self, views: Sequence[str], arms: Sequence[str], view_tolerance_ns: int, state_stale_ns: int = STATE_STALE_NS
    ) -> None:
        """Start empty.

        Args:
            views: camera names, in the order in which a model gets them.
            arms: arm names, in the order of an action's columns.
            view_tolerance_ns: largest spread of the exposures of one moment.
            state_stale_ns: an arm state older than this says nothing.
        """
        self._views: ViewSynchronizer[ImageT] = ViewSynchronizer(views, view_tolerance_ns)
        self._arms = {arm: ArmHistory(state_stale_ns) for arm in arms}

    def add_image(self, view: str, stamp_ns: int, image: ImageT) -> bool:
        """Take in one frame; whether its stamp fell behind the view's last (the view starts afresh)."""
        return self._views.add(view, stamp_ns, image)

    def add_state(self, arm: str, record: ArmRecord) -> None:
        """Take in one state of one of the arms."""
        self._arms[arm].add(record)

    @property
    def newest_states(self) -> Mapping[str, ArmRecord | None]:
        """The newest state of each arm; None before its first."""
        return {arm: history.newest for arm, history in self._arms.items()}

    def views(self, after_ns: int) -> ViewSet[ImageT] | None:
        """The newest synchronised views that were all exposed after `after_ns`; None where there are none."""
        return self._views.newest(after_ns)

    def states(self, views: ViewSet[ImageT]) -> dict[str, ArmRecord] | None:
        """Each arm's state when the newest of `views` was exposed; None until every arm has one."""
        states = {arm: history.at(views.newest_ns) for arm, history in self._arms.items()}
        return None if None in states.values() else {arm: s for arm, s in states.items() if s is not None}

"""Synchronised views: of the newest frames of every camera, the newest set that was exposed together."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

ImageT = TypeVar("ImageT")

FRAMES_KEPT = 8
"""Frames kept a view: half a second at 15 Hz, more than any two cameras drift apart and still be in tolerance."""


@dataclass(frozen=True, slots=True)
class ViewSet(Generic[ImageT]):
    """One frame of each view, exposed within the tolerance of one another.

    Attributes:
        images: view name -> image, in the order of the views.
        stamps: exposure of each, nanoseconds, same order.
    """

    images: Mapping[str, ImageT]
    stamps: tuple[int, ...]

    @property
    def newest_ns(self) -> int:
        """Exposure of the newest frame: the stamp of an observation made of this set."""
        return max(self.stamps)

    @property
    def oldest_ns(self) -> int:
        """Exposure of the oldest frame: what "newer than" must hold for."""
        return min(self.stamps)


class ViewSynchronizer(Generic[ImageT]):
    """Keeps the last frames of each view and finds the newest set that belongs together."""

    def __init__(self, views: Sequence[str], tolerance_ns: int) -> None:
        self._frames: dict[str, deque[tuple[int, ImageT]]] = {view: deque(maxlen=FRAMES_KEPT) for view in views}
        self._tolerance_ns = tolerance_ns

    def add(self, view: str, stamp_ns: int, image: ImageT) -> bool:
        """Take in one frame; whether its stamp fell behind the view's last (a clock step: the view starts afresh)."""
        frames = self._frames[view]
        stepped_back = bool(frames) and stamp_ns < frames[-1][0]
        if stepped_back:
            frames.clear()
        frames.append((stamp_ns, image))
        return stepped_back

    def newest(self, after_ns: int) -> ViewSet[ImageT] | None:
        """The newest set whose frames were all exposed after `after_ns`; None where there is none yet."""
        if not all(self._frames.values()):
            return None
        slowest = min(self._frames.values(), key=lambda frames: frames[-1][0])
        for anchor, _ in reversed(slowest):
            chosen = self._around(anchor)
            if chosen.oldest_ns > after_ns and chosen.newest_ns - chosen.oldest_ns <= self._tolerance_ns:
                return chosen
        return None

    def _around(self, anchor_ns: int) -> ViewSet[ImageT]:
        chosen = {
            view: min(frames, key=lambda frame: abs(frame[0] - anchor_ns)) for view, frames in self._frames.items()
        }
        return ViewSet({v: image for v, (_, image) in chosen.items()}, tuple(stamp for stamp, _ in chosen.values()))

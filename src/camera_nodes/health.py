"""How well a stream does: rate, drops, frozen pictures, age, temperature; numbers in, a verdict out."""

import zlib
from collections import deque
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from camera_nodes.capture import Capture
from camera_nodes.config import HealthLimits
from camera_nodes.lifecycle import CameraState, Condition

_WINDOW = 30
_SUBSAMPLE = 8


class Level(IntEnum):
    """As in diagnostic_msgs/DiagnosticStatus."""

    OK = 0
    WARN = 1
    ERROR = 2


@dataclass(frozen=True, slots=True)
class HealthReport:
    """A verdict, one line for people, and the figures behind it."""

    level: Level
    message: str
    values: dict[str, str]


def picture_digest(picture: NDArray[np.uint8]) -> int:
    """Checksum of every eighth pixel of every eighth row: microseconds, and a moving picture changes some of them."""
    return zlib.crc32(np.ascontiguousarray(picture[::_SUBSAMPLE, ::_SUBSAMPLE]).data)


class Health:
    """Watches the frames of one camera.

    Args:
        limits: when to complain.
        fps: rate of the profile.
    """

    def __init__(self, limits: HealthLimits, fps: int) -> None:
        self._limits = limits
        self._fps = fps
        self._stamps: deque[int] = deque(maxlen=_WINDOW)
        self._number: int | None = None
        self._digest: int | None = None
        self._alike = 1
        self._frames = 0
        self._drops = 0
        self._stream = 0

    def frame_came(self, stamp_ns: int, capture: Capture) -> None:
        """Note a frame and its exposure (nanoseconds of the graph's clock)."""
        if capture.stream != self._stream:
            self._begin(capture.stream)
        frame_number, digest = capture.frame_number, picture_digest(capture.rgb)
        self._frames += 1
        if self._number is not None and frame_number > self._number:
            self._drops += frame_number - self._number - 1
        if self._stamps and stamp_ns <= self._stamps[-1]:
            self._stamps.clear()  # the clock went back: intervals across it mean nothing
        self._alike = self._alike + 1 if digest == self._digest else 1
        self._number, self._digest = frame_number, digest
        self._stamps.append(stamp_ns)

    def _begin(self, stream: int) -> None:
        """No interval and no counter reaches across two streams."""
        self._stream = stream
        self._stamps.clear()
        self._number = self._digest = None
        self._alike = 1

    def rate(self) -> float:
        """Frames a second of the graph's clock over the last 30 frames; 0 while there are fewer than two."""
        if len(self._stamps) < 2:
            return 0.0
        return (len(self._stamps) - 1) * 1e9 / (self._stamps[-1] - self._stamps[0])

    def is_frozen(self) -> bool:
        """Whether the picture stands still while stamps go on."""
        return self._limits.frozen_frames is not None and self._alike >= self._limits.frozen_frames

    def report(self, condition: Condition, now_ns: int) -> HealthReport:
        """The verdict at `now_ns` (graph's clock) for a camera in that condition."""
        state, detail = condition.state, condition.detail
        values = self._values(condition, now_ns)
        if state is CameraState.STARTING:
            return HealthReport(Level.WARN, f"starting: {detail}", values)
        if state is not CameraState.STREAMING:
            return HealthReport(Level.ERROR, f"{state}: {detail}", values)
        if self.is_frozen():
            return HealthReport(Level.ERROR, f"frozen: the last {self._alike} pictures are identical", values)
        complaints = self._complaints(condition.temperature, now_ns)
        if complaints:
            return HealthReport(Level.WARN, "; ".join(complaints), values)
        return HealthReport(Level.OK, f"streaming at {self.rate():.1f} Hz", values)

    def _complaints(self, temperature: float | None, now_ns: int) -> list[str]:
        limits, age = self._limits, self._age(now_ns)
        complaints = []
        if age is not None and abs(age) > limits.stale:
            complaints.append(f"newest frame is {age:.2f} s old (limit {limits.stale:g})")
        if len(self._stamps) == _WINDOW and self.rate() < limits.rate * self._fps:
            complaints.append(f"{self.rate():.1f} Hz of {self._fps}")
        if temperature is not None and temperature > limits.temperature:
            complaints.append(f"{temperature:.0f} degrees C (limit {limits.temperature:g})")
        return complaints

    def _age(self, now_ns: int) -> float | None:
        return (now_ns - self._stamps[-1]) / 1e9 if self._stamps else None

    def _values(self, condition: Condition, now_ns: int) -> dict[str, str]:
        age = self._age(now_ns)
        return {
            "state": str(condition.state),
            "rate_hz": f"{self.rate():.2f}",
            "frames": str(self._frames),
            "drops": str(self._drops),
            "identical_frames": str(self._alike),
            "age_s": "" if age is None else f"{age:.3f}",
            "temperature_c": "" if condition.temperature is None else f"{condition.temperature:.1f}",
        }

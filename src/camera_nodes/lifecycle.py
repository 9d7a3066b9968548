"""The states of a camera and when to try again: decisions only, no device and no clock in here."""

from dataclasses import dataclass
from enum import StrEnum

FIRST_RETRY_S = 0.5
LAST_RETRY_S = 5.0


class CameraState(StrEnum):
    """Where a camera is; every one but STREAMING is followed by another attempt."""

    ABSENT = "absent"  # no device of that serial is listed
    STARTING = "starting"  # the stream was started, its first frame is awaited
    STREAMING = "streaming"
    LOST = "lost"  # it fell silent, or refused to start


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment on both clocks: `wall` (seconds) never stops; `graph_ns` is the ROS clock, slow in simulation."""

    wall: float
    graph_ns: int


@dataclass(frozen=True, slots=True)
class Condition:
    """State, why (one line; empty where it needs none), and degrees Celsius where the device tells."""

    state: CameraState
    detail: str
    temperature: float | None = None


class Lifecycle:
    """State, its reason, and the next attempt; retries come after 0.5 s, then twice as late each time, up to 5 s.

    Args:
        silence: seconds without a frame that make a stream lost. Both clocks must agree, so that neither a simulated
            world that pauses nor a system clock that jumps looks like a broken camera.
    """

    def __init__(self, silence: float) -> None:
        self.state = CameraState.ABSENT
        self.detail = "not looked for yet"
        self.starts = 0
        self._silence = silence
        self._last_sign = Instant(0.0, 0)
        self._next_attempt: float | None = None
        self._retry_s = FIRST_RETRY_S

    def attempt_is_due(self, now: Instant) -> bool:
        """Whether to look for the device and start it now."""
        if self.state in (CameraState.STARTING, CameraState.STREAMING):
            return False
        return self._next_attempt is None or now.wall >= self._next_attempt

    def failed(self, state: CameraState, detail: str, now: Instant) -> None:
        """An attempt, or a stream, came to nothing: `state` is ABSENT or LOST."""
        self.state, self.detail = state, detail
        self._next_attempt = now.wall + self._retry_s
        self._retry_s = min(2 * self._retry_s, LAST_RETRY_S)

    def started(self, now: Instant) -> None:
        """The stream runs; the first frame is awaited."""
        self.state, self.detail = CameraState.STARTING, "waiting for the first frame"
        self.starts += 1
        self._last_sign = now

    def frame_came(self, now: Instant) -> None:
        """A frame: the camera streams, and the next failure is tried again soon."""
        self.state, self.detail = CameraState.STREAMING, ""
        self._retry_s = FIRST_RETRY_S
        self._last_sign = now

    def is_silent(self, now: Instant) -> bool:
        """Whether a started stream has given nothing for too long, on both clocks."""
        if self.state not in (CameraState.STARTING, CameraState.STREAMING):
            return False
        quiet = min(now.wall - self._last_sign.wall, (now.graph_ns - self._last_sign.graph_ns) / 1e9)
        return quiet > self._silence

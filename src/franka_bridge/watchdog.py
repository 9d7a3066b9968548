"""The watchdog on the timeline's heartbeat, in the robot's own milliseconds."""

import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from franka_bridge.errors import DriverError

POLL_SECONDS = 0.005
"""Wall time between two looks of the thread; the limit itself is counted in the robot's time."""


class Watchdog:
    """Expires when the robot's time runs on without a beat.

    The robot's counter and not the wall clock, so that a simulated robot that is slowed down does not trip it, and so
    that what it bounds is how long the arm can move unattended.
    """

    def __init__(self, limit: float) -> None:
        """`limit` in seconds."""
        self._limit_ms = limit * 1000.0
        self._beat_ms: int | None = None

    def beat(self, robot_ms: int) -> None:
        """A control cycle was done at `robot_ms`."""
        self._beat_ms = robot_ms

    def rest(self) -> None:
        """Nothing moves: no beat is owed."""
        self._beat_ms = None

    def silence_ms(self, robot_ms: int) -> int:
        """Milliseconds since the last beat; 0 where none is owed or the robot's counter restarted."""
        return 0 if self._beat_ms is None else max(0, robot_ms - self._beat_ms)

    def expired(self, robot_ms: int) -> bool:
        """Whether the silence is over the limit."""
        return self.silence_ms(robot_ms) > self._limit_ms


class Watched(Protocol):
    """What the thread needs of an arm's driver."""

    def moving_ms(self) -> int | None:
        """The robot's counter while a motion runs; none at rest. Never blocks."""

    def halt(self) -> None:
        """Stop smoothly and hold."""


class WatchdogThread:
    """Looks at the watchdogs from a thread of its own and halts every arm when one of them expires."""

    def __init__(self, watched: Sequence[tuple[Watchdog, Watched]]) -> None:
        """Each arm with its own watchdog: the robots' counters have nothing to do with each other."""
        self._watched = tuple(watched)
        self._end = threading.Event()
        self._failures: deque[str] = deque(maxlen=1)
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(timeout=1.0)

    def look(self) -> bool:
        """One look; true where the arms had to be halted. The late control cycle itself drops the chunk."""
        if not any(self._expired(watchdog, arm) for watchdog, arm in self._watched):
            return False
        for _, arm in self._watched:
            with suppress(DriverError):  # an arm that cannot be halted is no reason not to halt the other
                arm.halt()
        return True

    @staticmethod
    def _expired(watchdog: Watchdog, arm: Watched) -> bool:
        try:
            time = arm.moving_ms()
        except DriverError:
            return True  # a robot that is lost counts as unattended: the others halt
        return time is not None and watchdog.expired(time)

    def take_failure(self) -> str:
        """What kept the thread from its look, or nothing: for the control cycle, which must not move unwatched."""
        return f"watchdog: {self._failures.popleft()}" if self._failures else ""

    def _watch(self) -> None:
        while not self._end.wait(POLL_SECONDS):
            try:
                self.look()
            except Exception as error:  # noqa: BLE001  whatever it is: a watchdog that dies in silence is none
                self._failures.append(f"{type(error).__name__}: {error}")

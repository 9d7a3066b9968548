"""The gripper on its own worker: latest target wins, the control path never waits, and it is joined before exit."""

import math
import threading
from typing import Protocol

from franka_bridge.config import GripperConfig
from franka_bridge.errors import DriverError

READ_SECONDS = 0.05
"""Between two readings of the width: 20 Hz, what a policy at 15 Hz can use."""


class GripperDevice(Protocol):
    """A hand. Calls may block for as long as the fingers move; `width` only for one packet.

    Calls raise DriverError.
    """

    def connect(self) -> None:
        """Connect; raises UnreachableError."""

    def width(self) -> float:
        """Metres between the fingers. May be called while another thread moves them."""

    def move(self, width: float) -> None:
        """Open to `width` (metres)."""

    def grasp(self, width: float) -> None:
        """Close towards `width` (metres) and hold with force what is met on the way."""


class GripperWorker:
    """Turns openings (0 closed .. 1 open) into commands, one at a time, always the newest."""

    def __init__(self, device: GripperDevice, config: GripperConfig, *, moves: bool = True) -> None:
        """`moves` false: the width is read, nothing is sent (dry run)."""
        self._device = device
        self._config = config
        self._moves = moves
        self._wanted: float | None = None
        self._sent = math.nan
        self._opening = math.nan
        self._fault = ""
        self._change = threading.Condition()
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._command_loop, name="gripper", daemon=True),
            threading.Thread(target=self._read_loop, name="gripper state", daemon=True),
        ]

    @property
    def opening(self) -> float:
        """Newest measured opening, 0..1; NaN before the first reading."""
        return self._opening

    @property
    def fault(self) -> str:
        """What went wrong last, one line; empty after a success."""
        return self._fault

    def start(self) -> None:
        """Connect and begin.

        Raises:
            UnreachableError: the hand does not answer.
        """
        self._device.connect()
        self._read()
        self._sent = self._opening
        for thread in self._threads:
            thread.start()

    def set_opening(self, opening: float) -> None:
        """Want `opening`; a target that waits is replaced. Returns at once."""
        with self._change:
            self._wanted = opening
            self._change.notify()

    def forget(self) -> None:
        """Drop the target that waits; what is under way ends by itself."""
        with self._change:
            self._wanted = None

    def recover(self) -> None:
        """Connect again after a fault.

        Raises:
            UnreachableError: the hand does not answer.
        """
        self._device.connect()
        self._fault = ""

    def close(self) -> None:
        """End both threads; a command under way gets the configured time to end. Idempotent."""
        self._closing.set()
        with self._change:
            self._change.notify()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(self._config.close_deadline)

    def _command_loop(self) -> None:
        while (opening := self._next()) is not None:
            self._execute(opening)

    def _next(self) -> float | None:
        """The newest target, as soon as there is one that differs from the last; none at the end."""
        with self._change:
            while not self._closing.is_set():
                wanted, self._wanted = self._wanted, None
                if wanted is not None and not abs(wanted - self._sent) < self._config.hysteresis:
                    return wanted
                self._change.wait()
        return None

    def _execute(self, opening: float) -> None:
        closes = opening < self._sent
        self._sent = opening
        if not self._moves:
            return
        width = opening * self._config.max_width
        try:
            if closes:
                self._device.grasp(width)
            else:
                self._device.move(width)
            self._fault = ""
        except DriverError as error:
            self._fault = str(error)

    def _read_loop(self) -> None:
        while not self._closing.wait(READ_SECONDS):
            self._read()

    def _read(self) -> None:
        try:
            self._opening = min(max(self._device.width() / self._config.max_width, 0.0), 1.0)
        except DriverError as error:
            self._fault = str(error)
            self._opening = math.nan

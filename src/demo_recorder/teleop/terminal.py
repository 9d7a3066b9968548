"""Keys of a terminal, one at a time and without waiting; the terminal is as before afterwards."""

import os
import select
import sys
import termios
import tty
from types import TracebackType
from typing import Any, Self

from molmoact_common.errors import UserError


class TerminalKeys:
    """Use as a context manager, or call `close`."""

    def __init__(self, descriptor: int | None = None) -> None:
        """Take keys from `descriptor` (None: standard input) as they are pressed, without an echo.

        Raises:
            UserError: it is no terminal.
        """
        self._descriptor = sys.stdin.fileno() if descriptor is None else descriptor
        if not os.isatty(self._descriptor):
            raise UserError("standard input is no terminal; run this in one to use its keys")
        self._before: list[Any] = termios.tcgetattr(self._descriptor)
        tty.setcbreak(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self) -> str:
        """The characters that came since the last call."""
        pressed = b""
        while select.select([self._descriptor], [], [], 0)[0]:
            some = os.read(self._descriptor, 64)
            if not some:
                break
            pressed += some
        return pressed.decode(errors="ignore")

    def close(self) -> None:
        """Give the terminal back as it was."""
        termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)

"""How a process of the cell ends when it is told to: at once, cleanly, and without a traceback."""

import signal
import sys


def exit_on_signals() -> None:
    """From now on SIGTERM and SIGINT raise SystemExit(0): whatever was opened is closed on the way out."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))

"""What a strict robot leaves behind: one row a tick of its motions, and what it had to say about limits."""

import json
import logging
import struct
from pathlib import Path
from typing import Any

from usage import Usage

ROW = struct.Struct("<Q3d7dB")
"""message id; commanded end effector, m; measured joints, rad; whether the client's answer was lost."""

FLUSH_EVERY = 50


class Recorder:
    """Counts ticks, and writes them where a file is given."""

    def __init__(self, path: Path | None) -> None:
        self._file = path.open("wb") if path is not None else None
        self.usage = Usage()
        self.ticks = 0
        self.moving = 0
        self.lost = 0

    def tick(self, state: dict[str, Any], *, locked: bool, lost: bool) -> None:
        """One state is about to go out; `locked`: a motion runs."""
        self.ticks += 1
        self.moving += locked
        self.lost += lost
        if self._file is not None and locked:
            self._file.write(ROW.pack(state["message_id"], *state["O_T_EE_c"][12:15], *state["q"], lost))
            if self.ticks % FLUSH_EVERY == 0:
                self._file.flush()


COMPLAINTS = ("aborting the motion", "motion limit violated", "Refusing Move", "consecutive lost")
"""What franka-sim says where a client did something that a robot does not take; all else is talk."""


class Complaints(logging.Handler):
    """Keeps what a robot would have rejected: each with value and limit."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler`."""
        message = record.getMessage()
        if any(mark in message for mark in COMPLAINTS):
            self.lines.append(message)


def write_status(path: Path, recorders: dict[str, Recorder], complaints: Complaints) -> None:
    """Replace the status file in one step, so that a reader never sees half of it."""
    robots = {
        host: {"ticks": r.ticks, "moving": r.moving, "lost": r.lost, "shares": dict(r.usage.shares)}
        for host, r in recorders.items()
    }
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps({"robots": robots, "complaints": complaints.lines}))
    draft.replace(path)

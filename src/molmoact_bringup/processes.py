"""One child process: how it is started, how it is asked to end, and what its end meant."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from molmoact_common.errors import UserError

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that the kernel sends to a child when its parent dies."""

TAIL_BYTES = 16_384

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that is no more.

    Attributes:
        name: of its spec.
        code: exit code; negative: minus the number of the signal that ended it.
        last_lines: of its log, oldest first.
        required: whether the graph cannot go on without it.
    """

    name: str
    code: int
    last_lines: tuple[str, ...] = ()
    required: bool = True

    def how(self) -> str:
        """Exit code or the signal's name."""
        if self.code >= 0:
            return f"exit code {self.code}"
        try:
            return f"killed by {signal.Signals(-self.code).name}"
        except ValueError:
            return f"killed by signal {-self.code}"

    def line(self) -> str:
        """One line for a person: who ended, how, and the last thing that it said."""
        said = f": {self.last_lines[-1]}" if self.last_lines else ", without a word"
        return f"{self.name} ended ({self.how()}){said}"


class ChildProcess:
    """A running process whose output goes to one log file."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str], log: Path, nice: int = 0) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Its own group: a Ctrl-C at the terminal reaches the runner only, which then ends all in order.
                start_new_session=True,
                preexec_fn=partial(_prepare, nice, os.getpid()),  # noqa: PLW1509  the runner has no threads yet
            )

    @property
    def pid(self) -> int:
        """Process id; also the id of its process group."""
        return self._process.pid

    def code(self) -> int | None:
        """Exit code, or None while it runs."""
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process and to whatever it started; none left to take it is no error."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return

    def last_lines(self, count: int = 8) -> tuple[str, ...]:
        """The last `count` lines of its log that are not blank."""
        return last_lines(self.log, count)


def last_lines(path: Path, count: int) -> tuple[str, ...]:
    """The last `count` lines of a text file that are not blank; none where there is no file."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ()
    return tuple(line.rstrip() for line in text.splitlines() if line.strip())[-count:]


def executable_path(prefix: Path, executable: str) -> Path:
    """Where the installation `prefix` keeps the executable.

    Raises:
        UserError: it is not there.
    """
    path = prefix / "lib" / "molmoact_ros" / executable
    if not os.access(path, os.X_OK):
        raise UserError(f"no executable {path}; install the project in this environment: pip install '.[all]'")
    return path


def _prepare(nice: int, parent: int) -> None:
    """What a child does between fork and exec."""
    # A shell that starts jobs in the background lets them ignore SIGINT, and children inherit that.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # the parent died before the kernel knew that we want to go with it
    # libfranka puts the thread that runs a motion into the real-time class; what such a thread starts must not inherit
    # that, or a node that only computes keeps everything else from the CPU.
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    if nice:
        os.nice(nice)

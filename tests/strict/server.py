"""The strict robots as a process of their own: started, told to end, and what they had to say."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
PYTHON = Path(os.environ.get("STRICT_PYTHON", ROOT / ".venv-strict" / "bin" / "python"))
START_SECONDS = 60.0
TICK = np.dtype([("id", "<u8"), ("position", "<f8", 3), ("q", "<f8", 7), ("lost", "u1")])
"""As in tools/strict/record.py: message id; commanded end effector, m; measured joints, rad."""


@dataclass(frozen=True, slots=True)
class StrictServer:
    """A running process.

    Attributes:
        hosts: address of each robot.
        out: where it writes.
        process: the process.
    """

    hosts: tuple[str, ...]
    out: Path
    process: subprocess.Popen[bytes]

    def status(self) -> dict[str, Any]:
        """Newest counts of each robot, and every limit that was broken so far; a fifth of a second old at most."""
        return dict(json.loads((self.out / "status.json").read_text()))

    def complaints(self) -> list[str]:
        """Limits that were broken, with value and limit."""
        return [str(line) for line in self.status()["complaints"]]

    def allow(self, host: str, message_id: int) -> None:
        """Let a motion of the robot go on up to this id; 0: as far as it likes."""
        with (self.out / f"{host}.allowed").open("r+b", buffering=0) as file:
            file.write(message_id.to_bytes(8, "little"))

    def ticks(self, host: str, last: int | None = None) -> np.ndarray:
        """Rows of `TICK`: every tick of every motion, or the last ones; those of the last 50 ms may be missing."""
        with (self.out / f"{host}.ticks").open("rb") as file:
            whole = file.seek(0, os.SEEK_END) // TICK.itemsize
            first = 0 if last is None else max(0, whole - last)
            file.seek(first * TICK.itemsize)
            return np.frombuffer(file.read((whole - first) * TICK.itemsize), TICK)


@contextmanager
def strict_server(hosts: Sequence[str], *, ticks: bool = False, lenient: bool = False) -> Iterator[StrictServer]:
    """Robots at these loopback addresses.

    Args:
        hosts: one address a robot.
        ticks: whether every tick is kept.
        lenient: only note what breaks a limit, and go on; for measurements of how far it is broken.

    Raises:
        TimeoutError: they are not ready after a minute.
    """
    with TemporaryDirectory(prefix="strict-") as folder:
        out = Path(folder)
        command = [str(PYTHON), str(ROOT / "tools" / "strict" / "serve.py"), "--model", str(_model(out))]
        command += ["--out", folder, *(["--ticks"] if ticks else []), *(["--lenient"] if lenient else [])]
        command += hosts
        with (out / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        server = StrictServer(tuple(hosts), out, process)
        try:
            _wait(server)
            yield server
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _model(out: Path) -> Path:
    """franky-sim's FR3, whose meshes franka-sim then finds from anywhere."""
    spec = find_spec("franky_sim")
    assert spec is not None
    assert spec.origin is not None
    assets = Path(spec.origin).parent / "assets"
    text = (assets / "fr3.xml").read_text()
    path = out / "fr3.xml"
    meshes = assets / "meshes"
    path.write_text(re.sub(r'meshdir="[^"]*"', f'meshdir="{meshes}"', text))
    return path


def _wait(server: StrictServer) -> None:
    """Until the robots are ready, which their first status says."""
    end = time.monotonic() + START_SECONDS
    while not (server.out / "status.json").exists():
        if time.monotonic() > end or server.process.poll() is not None:
            raise TimeoutError(f"no strict robots: {(server.out / 'log').read_text()[-2000:]}")
        time.sleep(0.05)

"""Small executables in a prefix of their own, and a way to see whether a process is gone."""

import time
from pathlib import Path

SLEEPS = "exec sleep 60"
DEAF = "trap '' INT TERM; echo ready; while :; do sleep 0.05; done"
IGNORES_INTERRUPT = "trap '' INT; trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done"
REFUSES = "echo 'port 1337 is in use; stop the other cell' >&2; exit 2"
ENDS_WELL = "exit 0"
STARTS_A_CHILD = "sleep 61 & echo $!; wait"
PRINTS = 'printf "%s\\n" "$@"; env; nice; exec sleep 60'


def install(prefix: Path, **scripts: str) -> Path:
    """Write executables (shell script bodies by name) where the runner looks for them; the prefix."""
    folder = prefix / "lib" / "molmoact_ros"
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in scripts.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
    return prefix


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and was not yet collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until(condition, seconds: float = 20.0) -> bool:
    """Whether the condition came true within a generous limit."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False

"""Checks of the computer: shared memory, kernel, clock governor, ports."""

import os
import socket
from pathlib import Path

from molmoact_bringup.doctor.finding import Finding, fix, note, ok

SHARED_MEMORY_NEEDED = 256
"""MiB: a 16 MB segment for each of ten processes, the frames of the cell, and as much again in reserve."""

FCI_PORTS = (1337, 1338)
"""TCP ports of a Franka controller and its gripper; the simulated one must use the same."""

MIB = 1024 * 1024


def check_shared_memory(folder: Path = Path("/dev/shm")) -> Finding:
    """Room for the topics' shared-memory segments."""
    if not folder.is_dir():
        return fix("shared memory", f"no {folder}", "mount a tmpfs there; topics with images need it")
    status = os.statvfs(folder)
    free = status.f_bavail * status.f_frsize // MIB
    if free < SHARED_MEMORY_NEEDED:
        advice = f"needs {SHARED_MEMORY_NEEDED} MiB: docker run --shm-size=512m, or delete what crashed programs left"
        return fix("shared memory", f"{free} MiB free in {folder}", advice)
    return ok("shared memory", f"{free} MiB free")


def check_realtime_kernel(flag: Path = Path("/sys/kernel/realtime")) -> Finding:
    """PREEMPT_RT, which Franka asks of a machine that controls a real arm."""
    if flag.is_file() and flag.read_text(encoding="ascii").strip() == "1":
        return ok("realtime kernel", "PREEMPT_RT")
    return note("realtime kernel", "no PREEMPT_RT", "not needed for the cell; for a real arm install a realtime kernel")


def check_governor(cpus: Path = Path("/sys/devices/system/cpu")) -> Finding:
    """Whether the CPU slows down when idle, which costs a real arm its 1 kHz."""
    files = sorted(cpus.glob("cpu[0-9]*/cpufreq/scaling_governor"))
    governors = {file.read_text(encoding="ascii").strip() for file in files}
    if not governors:
        return ok("cpu governor", "none (virtual machine)")
    if governors == {"performance"}:
        return ok("cpu governor", "performance")
    advice = "for a real arm, as root: cpupower frequency-set -g performance"
    return note("cpu governor", ", ".join(sorted(governors)), advice)


def check_ports(host: str = "127.0.0.1", ports: tuple[int, ...] = FCI_PORTS) -> Finding:
    """Whether the simulated robot could listen."""
    taken = [str(port) for port in ports if not _free(host, port)]
    if taken:
        advice = "another cell may be running; stop it, or give yours another address: --robot-host 127.0.0.2"
        return note("robot ports", f"{host} port {', '.join(taken)} in use", advice)
    return ok("robot ports", f"{host} {ports[0]}-{ports[-1]} free")


def _free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            return False
    return True

"""The machine and the software that a figure belongs to."""

import os
import platform
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import psutil

PACKAGES = ("molmoact-ros", "torch", "transformers", "numpy", "franky-control", "franky-sim", "pyrealsense2")


def describe_machine(cpuinfo: Path = Path("/proc/cpuinfo")) -> dict[str, str]:
    """What to print above every table; call it before the work starts, or the load is the benchmark's own."""
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    return {
        "when": datetime.now().astimezone().isoformat(timespec="seconds"),
        "cpu": f"{cpu_model(cpuinfo)}, {psutil.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.1f} GiB",
        "load before start": f"{load} (1, 5, 15 min)",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }


def cpu_model(cpuinfo: Path) -> str:
    """Name of the CPU as the kernel tells it; the architecture where it tells none."""
    for line in cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []:
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.machine()

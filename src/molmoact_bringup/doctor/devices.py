"""Checks of what is plugged in or reachable: GPU, RealSense cameras, the robot."""

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from molmoact_bringup.doctor.finding import Finding, fix, note, ok
from molmoact_common.errors import UserError

REACH_SECONDS = 2.0
"""How long the robot may take to accept a connection; on a direct cable it is under a millisecond."""

GIB = 1024**3


def check_gpu(name: str | None, free_bytes: int) -> Finding:
    """A GPU for the policy; `name` None: there is none that torch can use."""
    if name is None:
        return note("gpu", "none", "small checkpoints run on the CPU; a 7B checkpoint needs an NVIDIA GPU")
    return ok("gpu", f"{name}, {free_bytes / GIB:.0f} GiB free")


def check_checkpoint(folder: Path) -> Finding:
    """Whether a checkpoint is whole, and whether it fits into this machine's memory; reads no weights."""
    import torch  # noqa: PLC0415  takes seconds to load

    from molmoact.checkpoint import verify_checkpoint  # noqa: PLC0415
    from molmoact.placement import Machine, place  # noqa: PLC0415
    from molmoact.profile import PROFILE_FILE, load_profile  # noqa: PLC0415

    machine = Machine.probe()
    try:
        key = load_profile(folder / PROFILE_FILE).statistics_key if (folder / PROFILE_FILE).is_file() else ""
        verified = verify_checkpoint(folder, key)
        device = place(verified, torch.float32 if machine.gpu is None else torch.bfloat16, "auto", machine)
    except UserError as error:
        return fix("checkpoint", str(folder), str(error))
    return ok("checkpoint", f"{folder}: {verified.parameters / 1e6:.0f} M parameters, fits ({device})")


def probe_gpu() -> tuple[str | None, int]:
    """Name and free memory (bytes) of the first GPU that torch can use; None and 0 without one."""
    import torch  # noqa: PLC0415  takes seconds to load

    if not torch.cuda.is_available():
        return None, 0
    return torch.cuda.get_device_name(0), torch.cuda.mem_get_info(0)[0]


def check_cameras(devices: Sequence[tuple[str, str, str]]) -> Finding:
    """RealSense devices, each as name, serial number and USB version."""
    if not devices:
        return note("cameras", "no RealSense device", "not needed for the cell; plug one in and look at dmesg")
    found = "; ".join(f"{name} {serial} (USB {usb})" for name, serial, usb in devices)
    if any(usb.startswith("2") for _, _, usb in devices):
        return note("cameras", found, "USB 2 limits sizes and rates: use a USB 3 port and cable")
    return ok("cameras", found)


def probe_cameras() -> list[tuple[str, str, str]]:
    """Name, serial number and USB version of every RealSense device."""
    import pyrealsense2 as rs  # noqa: PLC0415  an optional part

    fields = (rs.camera_info.name, rs.camera_info.serial_number, rs.camera_info.usb_type_descriptor)
    return [_describe(device, fields) for device in rs.context().query_devices()]


def _describe(device: Any, fields: tuple[Any, Any, Any]) -> tuple[str, str, str]:
    name, serial, usb = (device.get_info(field) if device.supports(field) else "?" for field in fields)
    return name, serial, usb


def check_robot(host: str, port: int = 1337, seconds: float = REACH_SECONDS) -> Finding:
    """Whether a Franka controller listens at `host`; nothing is said to it, so no one else's control is disturbed."""
    try:
        socket.create_connection((host, port), timeout=seconds).close()
    except OSError as error:
        advice = "check cable, address and power, and activate FCI in Franka Desk"
        return fix("robot", f"{host}:{port}: {error}", advice)
    return ok("robot", f"{host}:{port} listens")

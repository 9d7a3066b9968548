"""`molmoact doctor`: run every check and print a table."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from molmoact_bringup.doctor import devices, environment, machine
from molmoact_bringup.doctor.finding import Finding, Verdict, note

STYLES = {Verdict.OK: "green", Verdict.NOTE: "yellow", Verdict.FIX: "bold red"}


def doctor(
    robot_host: Annotated[str, typer.Option(help="also see whether a robot listens at this address")] = "",
    checkpoint: Annotated[Path | None, typer.Option(help="also see whether this checkpoint is whole and fits")] = None,
) -> None:
    """See whether this machine is ready; exit code 1 when something must be fixed.

    Example: molmoact doctor --robot-host 172.16.0.2 --checkpoint ~/checkpoints/7b-d
    """
    findings = list(examine(robot_host, checkpoint))
    show(findings)
    raise typer.Exit(int(any(finding.verdict is Verdict.FIX for finding in findings)))


def examine(robot_host: str = "", checkpoint: Path | None = None) -> Iterator[Finding]:
    """Every check, the ones that others depend on first."""
    rclpy = find_spec("rclpy")
    yield environment.check_python()
    yield environment.check_ros(os.environ, rclpy.origin if rclpy else None)
    yield environment.check_library("libusb", "libusb-1.0.so.0", "libusb-1.0-0")
    yield environment.check_library("egl", "libEGL.so.1", "libegl1 libgl1-mesa-dri")
    yield environment.check_dds_profile(os.environ, installed_profile())
    yield machine.check_shared_memory()
    yield machine.check_realtime_kernel()
    yield machine.check_governor()
    yield machine.check_ports()
    yield _gpu()
    if checkpoint:
        yield devices.check_checkpoint(checkpoint)
    yield _cameras()
    if robot_host:
        yield devices.check_robot(robot_host)


def installed_profile() -> Path:
    """The Fast DDS profile of this installation."""
    from molmoact_common.ros.nodes import share_directory  # noqa: PLC0415  ROS may be what is missing

    return share_directory() / "config" / "dds" / "fastdds.xml"


def show(findings: list[Finding]) -> None:
    """Print the findings."""
    from rich.console import Console  # noqa: PLC0415  keeps `molmoact --help` quick
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(expand=False)
    for column in ("check", "", "found", "what to do"):
        table.add_column(column)
    for finding in findings:
        mark = Text(finding.verdict, style=STYLES[finding.verdict])
        table.add_row(finding.subject, mark, Text(finding.found), Text(finding.advice))
    Console().print(table)


def _gpu() -> Finding:
    if find_spec("torch") is None:
        return note("gpu", "torch is not installed", "for a policy on this machine: pip install '.[policy]'")
    return devices.check_gpu(*devices.probe_gpu())


def _cameras() -> Finding:
    if find_spec("pyrealsense2") is None:
        return note("cameras", "pyrealsense2 is not installed", "for cameras on this machine: pip install '.[cameras]'")
    return devices.check_cameras(devices.probe_cameras())

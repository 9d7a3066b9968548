"""Checks of the software: Python, ROS, system libraries, the Fast DDS profile."""

import ctypes
import os
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from molmoact_bringup.doctor.finding import Finding, Verdict, fix, note, ok
from molmoact_common.errors import UserError

OLDEST = (3, 11)
NEWEST = (3, 13)
"""Versions of Python for which there are wheels of rclpy 7.1.6 and that this project supports."""

IMAGE_SEGMENT = 4 * 1024 * 1024
"""Bytes of shared-memory segment below which Fast DDS sends images in pieces (a 1280x720 rgb8 image has 2.8 MB)."""

PROFILE_VARIABLE = "FASTRTPS_DEFAULT_PROFILES_FILE"


def check_python(version: tuple[int, int] = sys.version_info[:2]) -> Finding:
    """The interpreter's version."""
    text = ".".join(map(str, version))
    if OLDEST <= version <= NEWEST:
        return ok("python", text)
    return fix("python", text, "make the virtual environment with Python 3.11, 3.12 or 3.13")


def check_ros(variables: Mapping[str, str], rclpy_file: str | None, prefix: str = sys.prefix) -> Finding:
    """ROS comes either from pip or from a sourced installation; both together load each other's libraries.

    Args:
        variables: the environment.
        rclpy_file: where rclpy was found; None: it was not.
        prefix: of the running interpreter.
    """
    sourced = [p for p in variables.get("AMENT_PREFIX_PATH", "").split(":") if p and Path(p) != Path(prefix)]
    if rclpy_file is None:
        return fix("ros", "no rclpy", "pip install this project into a virtual environment, or source a ROS 2 Jazzy")
    if not Path(rclpy_file).is_relative_to(prefix):
        return ok("ros", f"sourced installation, {variables.get('ROS_DISTRO', 'unknown distribution')}")
    if sourced:
        advice = "open a shell that does not source it, and activate only the virtual environment"
        return fix("ros", f"from pip, but {sourced[0]} is sourced too", advice)
    return ok("ros", "from pip")


def refuse_mixed_ros() -> None:
    """For commands that start nodes.

    Raises:
        UserError: ROS from pip and a sourced ROS are mixed, or there is none.
    """
    rclpy = find_spec("rclpy")
    finding = check_ros(os.environ, rclpy.origin if rclpy else None)
    if finding.verdict is Verdict.FIX:
        raise UserError(f"ROS: {finding.found}; {finding.advice}")


def check_library(subject: str, file: str, package: str, load: Callable[[str], object] = ctypes.CDLL) -> Finding:
    """A shared library that wheels link against but do not bring."""
    try:
        load(file)
    except OSError:
        return fix(subject, f"{file} cannot be loaded", f"as root: apt-get install {package}")
    return ok(subject, file)


def check_dds_profile(variables: Mapping[str, str], installed: Path) -> Finding:
    """The Fast DDS profile that every process of a graph is to use."""
    path = Path(variables.get(PROFILE_VARIABLE, installed))
    segments = _segment_sizes(path)
    if segments is None:
        return fix("dds profile", f"{path} is absent or no XML", f"unset {PROFILE_VARIABLE}, or reinstall the project")
    if max(segments, default=0) < IMAGE_SEGMENT:
        advice = f"unset {PROFILE_VARIABLE}: the installed profile has 16 MB segments"
        return note("dds profile", f"{path}: segments too small for images", advice)
    return ok("dds profile", str(path))


def _segment_sizes(path: Path) -> list[int] | None:
    try:
        root = ET.parse(path).getroot()
    except (OSError, ET.ParseError):
        return None
    return [int(e.text or 0) for e in root.iter() if e.tag.endswith("segment_size")]

"""What the tests of teleoperation share: arms as their states show them, and recorded reports."""

from pathlib import Path

import numpy as np

from demo_recorder.teleop.devices import ArmView
from molmoact_common.poses import Pose

MS = 1_000_000
HOME = Pose(np.array([0.45, 0.0, 0.35]), np.array([1.0, 0.0, 0.0, 0.0]))


def view(stamp_ns: int = 0, step: int = 0, *, gripper: float = 1.0, following: bool = True, running: bool = False):
    return ArmView(stamp_ns, step, HOME, HOME, gripper, gripper, following, running)


def reports(name: str) -> list[tuple[int, bytes]]:
    """Time (nanoseconds) and bytes of each report of a file in reports/."""
    lines = (Path(__file__).parents[1] / "demo_recorder/teleop/reports" / name).read_text().splitlines()
    pairs = [line.split() for line in lines if not line.startswith("#")]
    return [(int(at) * MS, bytes.fromhex(data)) for at, data in pairs]

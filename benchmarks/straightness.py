"""How straight a straight row of deltas is commanded: postures of the hand times speeds, the way against its line.

`python benchmarks/straightness.py [--json FILE]`; the whole bridge at a lock-step robot, needs no ROS.
"""

import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import track

sys.path.append(str(Path(__file__).parents[1] / "tests"))  # the robot server is test code

from bench.command import JsonOption, run
from bench.output import print_sections, write_json
from bench.results import Row, Section
from franka_bridge.state_machine import Mode
from halts import POSTURES, rows
from support.bridge_rig import CRUISE, SAFETY, Rig, rig_at

SPEEDS = (0.2, 0.4, 0.7, 1.0)
"""Of the speed cap."""


def off_the_line(rig: Rig, posture: np.ndarray, speed: float) -> Row:
    """From home into a posture, rest, then straight ahead: mm that the way is off at most, and that its end is off."""
    rig.home()
    rig.start()
    for chunk in (rows(posture, 8), rows(np.array([CRUISE * speed, 0.0, 0.0]), 8)):
        begin = rig.tick
        rig.send(rig.chunk(deltas=chunk))
        rig.run(4000, until=lambda: rig.mode is not Mode.RUNNING)
        rig.run(800)
    way = rig.first.robot.record.rows(begin)["pose"][:, :3, 3]
    off = np.linalg.norm(way[:, 1:] - way[0, 1:], axis=1)
    return 1e3 * float(off.max()), 1e3 * float(abs(way[-1, 0] - way[0, 0] - 8 * CRUISE * speed) + off[-1])


def main(
    host: Annotated[str, typer.Option(help="loopback address of the simulated robot")] = "127.0.76.6",
    json: JsonOption = None,
) -> None:
    """Millimetres that the commanded way lies off its line, at most and at its end; worst posture of five."""
    console = Console()
    found: dict[str, Row] = {}
    with rig_at(host, started=False) as rig:
        for speed in track(SPEEDS, description="straight lines", console=console):
            each = [off_the_line(rig, posture, speed) for posture in POSTURES]
            found[f"{1e3 * speed * SAFETY.speed_cap:.0f} mm/s"] = tuple(max(row) for row in zip(*each, strict=True))
    section = Section("off the line (mm)", ("at most", "at the end"), found)
    print_sections([section], console)
    write_json(json, {"speed_cap": str(SAFETY.speed_cap)}, [section])


if __name__ == "__main__":
    sys.exit(run(main))

"""How hard halts from the speed cap are on the joints: postures of the hand times directions, for shares of the limits.

`python benchmarks/halts.py [--stop 0.13] [--json FILE]`; the whole bridge at a lock-step robot, needs no ROS.
"""

import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import track

sys.path.append(str(Path(__file__).parents[1] / "tests"))  # the robot server is test code

from bench.command import JsonOption, run
from bench.output import print_sections, write_json
from bench.results import Section
from franka_bridge.config import Dynamics
from franka_bridge.state_machine import Mode
from support.bridge_rig import CRUISE, PERIOD, SAFETY, Rig, rig_at
from support.robot_server.judge import shares

TURN = SAFETY.turn_cap * PERIOD
POSTURES = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [0.7, 0.0, -0.7, 0.7, 0.7, 0.0],
        [0.3, 0.5, -0.7, -0.7, 0.7, 0.3],
        [0.0, -0.7, -0.5, 0.7, -0.7, 0.0],
        [0.2, 0.2, -0.9, 0.0, 0.9, 0.4],
    ]
) * ([CRUISE] * 3 + [TURN] * 3)
"""Row that leads from home into a posture, eight times: the hand as it is, lowered, and turned in several ways."""
DIRECTIONS = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0.6, 0.6, -0.5], [0.7, -0.7, 0]])
LIMITS = ("joint acceleration", "joint jerk", "translation acceleration", "translation jerk")


def rows(row: np.ndarray, count: int) -> np.ndarray:
    """The same row again and again, gripper open; shape (count, 7)."""
    return np.tile([*row, *[0.0] * (6 - len(row)), 1.0], (count, 1))


def halt(rig: Rig, posture: np.ndarray, direction: np.ndarray) -> dict[str, float]:
    """Stop at the cap; share of each limit that the halt took, and ticks until the TCP was slower than 1 mm/s."""
    if rig.mode is Mode.STOPPED:
        rig.recover()
    rig.home()
    rig.start()
    rig.send(rig.chunk(deltas=rows(posture, 8)))
    rig.run(4000, until=lambda: rig.mode is not Mode.RUNNING)
    rig.run(400)
    rig.send(rig.chunk(deltas=rows(direction * CRUISE, 14)))
    rig.run(800, until=lambda: rig.speed() > 0.98 * SAFETY.speed_cap)
    called = rig.tick
    rig.bridge.stop("a benchmark")
    rig.run(500)
    taken = {each.what: each.share for each in shares(rig.first.robot.record.rows(called - 700), called)}
    return taken | {"rest": float(rig.ticks_to_rest("arm", called))}


def halts(stop: float, host: str, console: Console) -> Iterator[dict[str, float]]:
    """Every posture times every direction."""
    ways = list(product(POSTURES, DIRECTIONS))
    with rig_at(host, started=False, dynamics=Dynamics(stop=stop)) as rig:
        for posture, direction in track(ways, description=f"halts at {stop:g}", console=console):
            yield halt(rig, posture, direction)


def main(
    stop: Annotated[list[float] | None, typer.Option(help="share of the limits; may be given again")] = None,
    host: Annotated[str, typer.Option(help="loopback address of the simulated robot")] = "127.0.76.6",
    json: JsonOption = None,
) -> None:
    """Worst halt over all postures and directions: shares of the FR3's limits, and ticks to rest."""
    console = Console()
    found = {}
    for share in stop or [Dynamics().stop]:
        each = list(halts(share, host, console))
        worst = [max(taken.get(what, 0.0) for taken in each) for what in (*LIMITS, "rest")]
        found[f"stop: {share:g}"] = (*worst, float(len(each)))
    section = Section("worst halt (share of the limit)", (*LIMITS, "ticks to rest", "halts"), found)
    print_sections([section], console)
    write_json(json, {"speed_cap": str(SAFETY.speed_cap)}, [section])


if __name__ == "__main__":
    sys.exit(run(main))

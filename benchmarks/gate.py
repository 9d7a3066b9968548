"""What the gate costs a target: inverse kinematics alone, and all checks, for one arm and for two.

`python benchmarks/gate.py [--json FILE]`; needs neither ROS nor a robot. Milliseconds of CPU time, so that another
program on the machine does not count.
"""

import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

sys.path.append(str(Path(__file__).parents[1] / "tests"))  # the FR3 of the tests

from bench.command import JsonOption, run
from bench.output import print_sections, write_json
from bench.results import SPREAD, Row, Section, spread
from franka_bridge.gate.checks import Situation
from franka_bridge.gate.gate import make_gate
from franka_bridge.safety import SafetyConfig
from franka_bridge.targets import Target
from molmoact_common.poses import Pose
from support.fr3 import FR3, READY, target_at

UPRIGHT = np.array([0.0, 0.0, 0.0, 1.0])
BASES = {"left": Pose(np.array([0.0, 0.3, 0.0]), UPRIGHT), "right": Pose(np.array([0.0, -0.3, 0.0]), UPRIGHT)}
PERIOD = 1 / 15


def costs(call: Callable[[], object], times: int) -> Row:
    """Milliseconds of CPU time of each of so many calls."""
    found = []
    for _ in range(times):
        begin = time.thread_time_ns()
        call()
        found.append((time.thread_time_ns() - begin) / 1e6)
    return spread(found)


def rows(random: np.random.Generator, times: int) -> Mapping[str, Row]:
    """Targets 16 mm from the ready pose, which one step reaches, and 50 mm, of which it does a part."""
    here = target_at(READY)
    way = random.standard_normal(3)
    way /= np.linalg.norm(way)
    found: dict[str, Row] = {}
    for arms in (("left",), ("left", "right")):
        gate = make_gate(SafetyConfig(), arms, bases=BASES if len(arms) > 1 else None)
        situations = {arm: Situation(here, here.pose, PERIOD, model=FR3) for arm in arms}
        for name, length in (("one step", 0.016), ("stretched", 0.05)):
            there = Target(Pose(here.pose.position + length * way, here.pose.quaternion), 1.0)
            if not found:
                found["inverse kinematics"] = costs(partial(FR3.inverse, there.pose, READY), times)
            judge = partial(gate.judge, dict.fromkeys(arms, there), situations)
            found[f"{len(arms)} arm(s), {name}"] = costs(judge, times)
    return found


def main(times: Annotated[int, typer.Option(help="calls of each kind")] = 2000, json: JsonOption = None) -> None:
    """Milliseconds of CPU time that the gate takes for the next targets of one arm, and of two."""
    section = Section("gate (ms of CPU time)", SPREAD, rows(np.random.default_rng(0), times))
    print_sections([section], Console())
    write_json(json, {"times": str(times)}, [section])


if __name__ == "__main__":
    sys.exit(run(main))

"""Streams setpoints of the worst kinds through the bridge's driver at the simulated arm and counts planner failures.

`python benchmarks/planner_stress.py [--orders 10000] [--json FILE]`; needs no ROS.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from scipy.spatial.transform import Rotation

from bench.command import JsonOption, run
from bench.output import print_sections, write_json
from bench.results import Section
from franka_bridge.config import RobotConfig
from franka_bridge.drivers.franky_position import FrankyPosition
from franka_bridge.errors import DriverError
from franka_bridge.safety import SafetyConfig
from molmoact_common.errors import UnreachableError
from molmoact_common.poses import Pose
from molmoact_common.yaml_config import load_settings

CONFIG = Path(__file__).parents[1] / "config"
STEP_MS = 67
"""A row at 15 Hz."""
REACH = 0.06
"""Metres from home that targets keep to."""


@dataclass(frozen=True, slots=True)
class Order:
    """A target (none: halt), and the robot's milliseconds before the next order."""

    target: Pose | None
    wait_ms: int
    last: bool = False


Scenario = Callable[[Pose, np.random.Generator], Iterator[Order]]


def shifted(pose: Pose, metres: np.ndarray, radians: np.ndarray | None = None) -> Pose:
    """`pose` moved in the base frame."""
    turn = Rotation.from_rotvec(np.zeros(3) if radians is None else radians) * pose.rotation()
    return Pose(pose.position + metres, turn.as_quat())


def ramps(home: Pose, random: np.random.Generator) -> Iterator[Order]:
    """Chunks of eight rows as the bridge sends them: a setpoint each 20 ms, the last ends the motion."""
    offset, tilt = np.zeros(3), np.zeros(3)
    while True:
        goal, goal_tilt = random.uniform(-REACH, REACH, 3), random.uniform(-0.2, 0.2, 3)
        if random.random() < 0.5:
            goal_tilt = tilt  # most chunks of the cell's expert do not turn
        goal[random.random(3) < 0.3] = 0.0
        rows = max(2, round(float(np.linalg.norm(goal - offset)) / 0.008))
        times = [*range(20, rows * STEP_MS, 20), rows * STEP_MS]
        for ms in times:
            share = ms / times[-1]
            target = shifted(home, offset + share * (goal - offset), tilt + share * (goal_tilt - tilt))
            yield Order(target, 20, last=ms == times[-1])
        offset, tilt = goal, goal_tilt
        yield Order(target, int(random.integers(1, 150)), last=True)


def repeats(home: Pose, random: np.random.Generator) -> Iterator[Order]:
    """One target again and again while the arm goes there and stands."""
    while True:
        target = shifted(home, random.uniform(-0.01, 0.01, 3))
        for _ in range(40):
            yield Order(target, int(random.integers(1, 25)))


def arrivals(home: Pose, random: np.random.Generator) -> Iterator[Order]:
    """A target once more, or nearly so, as the arm comes to rest there."""
    while True:
        target = shifted(home, random.uniform(-0.01, 0.01, 3))
        yield Order(target, int(random.integers(40, 250)))
        for _ in range(4):
            noise = 10.0 ** random.uniform(-9, -4) * random.standard_normal(3)
            yield Order(shifted(target, noise), int(random.integers(1, 40)), last=bool(random.random() < 0.5))


def tiny(home: Pose, random: np.random.Generator) -> Iterator[Order]:
    """Moves from a nanometre to a tenth of a millimetre."""
    offset = np.zeros(3)
    while True:
        offset = np.clip(offset + 10.0 ** random.uniform(-9, -4) * random.standard_normal(3), -REACH, REACH)
        yield Order(shifted(home, offset), int(random.integers(5, 40)))


def reversals(home: Pose, random: np.random.Generator) -> Iterator[Order]:
    """Back and forth by up to 8 mm."""
    while True:
        way = random.uniform(-0.008, 0.008, 3)
        for sign in (1.0, -1.0):
            yield Order(shifted(home, sign * way), int(random.integers(10, 90)))


def halts(home: Pose, random: np.random.Generator) -> Iterator[Order]:
    """A halt at any moment of a ramp, then on."""
    stream = ramps(home, random)
    while True:
        for _ in range(int(random.integers(3, 20))):
            yield next(stream)
        yield Order(None, int(random.integers(1, 200)))


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario for scenario in (ramps, repeats, arrivals, tiny, reversals, halts)
}


@dataclass(slots=True)
class Tally:
    """What came of one scenario."""

    orders: int = 0
    failures: int = 0
    stops: int = 0
    lines: list[str] = field(default_factory=list)


@contextmanager
def arm_at(host: str) -> Iterator[FrankyPosition]:
    """The bridge's driver, connected to a world of its own that runs in lock-step as fast as it goes."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "sim_cell.world_main", "--cell-dir", folder, "--config", str(CONFIG)]
        world = subprocess.Popen([*command, "--host", host, "--rate", "0"])
        try:
            yield _connected(host)
        finally:
            world.terminate()
            world.wait(10)


def _connected(host: str) -> FrankyPosition:
    config = load_settings(CONFIG / "robots" / "fr3_cell.yaml", RobotConfig).arms["arm"]
    safety = load_settings(CONFIG / "safety" / "default.yaml", SafetyConfig)
    driver = FrankyPosition(config.model_copy(update={"host": host}), safety.speed_cap)
    end = time.monotonic() + 30.0
    while True:
        try:
            driver.connect()
        except UnreachableError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return driver


def stress(driver: FrankyPosition, scenario: Scenario, orders: int, seed: int) -> Tally:
    """Send so many orders, each when the robot's clock says so; after a failure go home and on."""
    tally = Tally()
    driver.home()
    state = driver.state()
    home, before = state.measured, state.planner_failures
    for order in scenario(home, np.random.default_rng(seed)):
        if tally.orders >= orders:
            break
        tally.orders += 1
        try:
            _carry_out(driver, order)
        except DriverError as error:
            tally.stops += 1
            tally.lines.append(str(error))
            driver.recover()
            driver.home()
    driver.halt()
    tally.failures = driver.state().planner_failures - before
    return tally


def _carry_out(driver: FrankyPosition, order: Order) -> None:
    if order.target is None:
        driver.halt()
    else:
        driver.move_to(order.target, last=order.last)
    due = driver.state().robot_time_ms + order.wait_ms
    while (state := driver.state()).robot_time_ms < due:
        if state.fault:
            raise DriverError(state.fault)
        time.sleep(0.0005)


def main(
    orders: Annotated[int, typer.Option(help="orders of each scenario")] = 10_000,
    only: Annotated[str, typer.Option(help=f"one of {', '.join(SCENARIOS)}; empty: all")] = "",
    host: Annotated[str, typer.Option(help="loopback address of the simulated arm")] = "127.0.63.20",
    seed: int = 0,
    json: JsonOption = None,
) -> None:
    """Planner failures of each scenario per 10,000 orders."""
    with arm_at(host) as driver:
        tallies = {name: stress(driver, SCENARIOS[name], orders, seed) for name in ([only] if only else SCENARIOS)}
        driver.close()
    rows = {name: (t.orders, t.failures, 1e4 * t.failures / t.orders, t.stops) for name, t in tallies.items()}
    columns = ("orders", "failures", "per 10,000 orders", "stops")
    note = "stops: failures that the driver did not get over by a second try from rest"
    section = Section("planner failures", columns, rows, note)
    console = Console()
    print_sections([section], console)
    for line in sorted({line for tally in tallies.values() for line in tally.lines}):
        console.print(line, markup=False, soft_wrap=True)
    write_json(json, {"orders": str(orders), "seed": str(seed)}, [section])


if __name__ == "__main__":
    sys.exit(run(main))

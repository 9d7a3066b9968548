"""Measures how the drivers move an arm: tracking, droop, borders between chunks, stops, watchdog, cost of the bridge.

`python benchmarks/motion.py [--driver position|impedance|both] [--arms 1|2|both] [--json FILE]`; needs no ROS.
"""

import sys
from typing import Annotated, Literal

import numpy as np
import typer
from rich.console import Console

from bench.command import JsonOption, run
from bench.machine import describe_machine
from bench.motion_rig import motion_rig
from bench.motion_runs import Figures, cross_borders, fall_silent, follow_path, press, reach_end, stop_from_cap
from bench.output import print_header, print_sections, write_json
from bench.results import Section
from franka_bridge.config import ArmConfig

RUNS = (follow_path, reach_end, cross_borders, stop_from_cap, fall_silent, press)

TABLES = {
    "path, a circle of 100 mm at 98 mm/s (mm)": {
        "behind_rms_mm": "behind, RMS",
        "behind_max_mm": "behind, max",
        "off_rms_mm": "off, RMS",
        "off_max_mm": "off, max",
    },
    "end, what is missing of 64 (mm)": {"commanded_droop_mm": "commanded", "droop_mm": "measured"},
    "chunk borders, fall of the speed (share of cruise)": {
        "dip_fraction": "commanded",
        "measured_dip_fraction": "measured",
    },
    "stop from 250 mm/s (ms, mm)": {
        "stop_ms": "commanded",
        "measured_stop_ms": "measured",
        "stop_way_mm": "way",
        "arm_stop_skew_ms": "skew",
        "measured_arm_stop_skew_ms": "measured skew",
    },
    "silence (ms)": {"watchdog_ms": "watchdog"},
    "into a wall at 50 mm/s (N)": {"press_peak_n": "peak", "press_end_n": "after 3 s"},
    "bridge": {
        "cycle_p50_ms": "cycle p50 (ms)",
        "cycle_p99_ms": "p99 (ms)",
        "cycle_cpu_p50_ms": "its CPU p50 (ms)",
        "cycle_cpu_p99_ms": "its CPU p99 (ms)",
        "cpu_percent": "all CPU (% of a core)",
    },
}
"""Table -> figure -> head of its column."""

NOTE = (
    "Rows: driver, arms; of two arms the worse one. Times are the simulated robot's ticks of 1 ms, but for the last "
    "table's, which are this machine's. Commanded: over the wire, where torques are no pose; measured: of the "
    "simulated joints. Behind: distance to the setpoint of the moment; off: to the nearest point of the path."
)


def measure(driver: str, hosts: list[str], console: Console) -> Figures:
    """Every run with one bridge."""
    figures: Figures = {}
    with motion_rig(driver, hosts) as rig:
        for one in RUNS:
            console.print(f"{driver}, arms: {len(hosts)}, {one.__name__}", style="dim", highlight=False)
            figures |= one(rig)
        for name, times in (("cycle", rig.cost.wall), ("cycle_cpu", rig.cost.cpu)):
            figures[f"{name}_p50_ms"], figures[f"{name}_p99_ms"] = map(float, np.percentile(times, [50, 99]))
    return figures


def sections_of(results: dict[str, Figures]) -> list[Section]:
    """A row a bridge in each table."""
    return [
        Section(name, tuple(heads.values()), {row: tuple(map(figures.get, heads)) for row, figures in results.items()})
        for name, heads in TABLES.items()
    ]


def headline(results: dict[tuple[str, int], Figures]) -> Figures:
    """One figure each: of the default driver and one arm where that was measured; what takes two arms from two."""
    default = str(ArmConfig.model_fields["driver"].default)
    drivers = {driver for driver, _ in results}
    driver = default if default in drivers else drivers.pop()
    figures = {**results.get((driver, 2), {}), **results.get((driver, 1), {})}
    for name in [name for name, value in figures.items() if value is None]:
        figures[name] = results.get((driver, 2), {}).get(name)
    if figures["stop_ms"] is None:  # torques: what the arm did is all there is
        for name in ("stop_ms", "arm_stop_skew_ms", "dip_fraction"):
            figures[name] = figures[f"measured_{name}"]
    return figures


def main(
    driver: Annotated[Literal["position", "impedance", "both"], typer.Option(help="what moves the arms")] = "both",
    arms: Annotated[Literal["1", "2", "both"], typer.Option(help="how many")] = "both",
    host: Annotated[str, typer.Option(help="loopback address of the simulated arms; of the second, the next")] = (
        "127.0.103.1"
    ),
    json: JsonOption = None,
) -> None:
    """Put simulated arms through the same runs with each driver and print what came of it."""
    console = Console()
    facts = describe_machine()
    print_header(facts, console)
    network, _, number = host.rpartition(".")
    hosts = [host, f"{network}.{int(number) + 1}"]
    drivers = ["franky_position", "franky_impedance"] if driver == "both" else [f"franky_{driver}"]
    counts = [1, 2] if arms == "both" else [int(arms)]
    results = {(name, count): measure(name, hosts[:count], console) for count in counts for name in drivers}
    rows = {f"{name.removeprefix('franky_')}, {count}": figures for (name, count), figures in results.items()}
    sections = sections_of(rows)
    print_sections(sections, console)
    console.print(NOTE, highlight=False, soft_wrap=True)
    write_json(json, facts, sections, headline(results))


if __name__ == "__main__":
    sys.exit(run(main))

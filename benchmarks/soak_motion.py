"""The long form of the motion fuzz: a million chunks through gate and timeline, two thousand through the whole bridge.

`python benchmarks/soak_motion.py [--json FILE]`; needs no ROS. Ends with 1 where anything passed a limit.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import track

sys.path.append(str(Path(__file__).parents[1] / "tests"))  # the robot server and the fuzz are test code

from bench.command import JsonOption, run
from bench.output import print_sections, write_json
from bench.results import Section
from support.bridge_fuzz import BridgeFuzz
from support.bridge_rig import QUICK, SAFETY, rig_at
from support.chunk_fuzz import FollowerFuzz


def watched(counts: Iterator[int], number: int, what: str, console: Console) -> float:
    """Run to the end behind a progress bar; seconds that it took."""
    begin = time.monotonic()
    for _ in track(counts, description=what, total=number, console=console):
        pass
    return time.monotonic() - begin


def follower_section(number: int, seed: int, console: Console) -> Section:
    """Chunks through gate and timeline; ends by AssertionError where one target passes a limit."""
    fuzz = FollowerFuzz(np.random.default_rng(seed), SAFETY)
    with np.errstate(over="ignore"):
        seconds = watched(fuzz.run(number), number, "gate and timeline", console)
    row = (fuzz.offered, fuzz.accepted, fuzz.steps, seconds)
    return Section("gate and timeline", ("chunks", "accepted", "targets", "seconds"), {"random and adversarial": row})


def bridge_sections(number: int, seed: int, host: str, console: Console) -> list[Section]:
    """Chunks through the whole bridge; shares of the FR3's limits."""
    with rig_at(host, deadlines=QUICK) as rig, np.errstate(over="ignore"):
        fuzz = BridgeFuzz(rig, np.random.default_rng(seed))
        seconds = watched(fuzz.run(number), number, "whole bridge", console)
        row = (number, rig.tick, fuzz.homes, len(fuzz.stops), seconds)
    for reason in sorted(set(fuzz.stops)):
        console.print(f"stopped: {reason}", markup=False)
    rows = {what: (worst.share, worst.tick) for what, worst in sorted(fuzz.worst.items())}
    return [
        Section("whole bridge", ("chunks", "ticks", "homes", "stops", "seconds"), {"random and adversarial": row}),
        Section("worst tick (share of the FR3's limit)", ("share", "tick"), rows),
    ]


def main(
    chunks: Annotated[int, typer.Option(help="through gate and timeline")] = 1_000_000,
    bridge_chunks: Annotated[int, typer.Option(help="through the whole bridge")] = 2_000,
    host: Annotated[str, typer.Option(help="loopback address of the simulated robot")] = "127.0.76.5",
    seed: int = 0,
    json: JsonOption = None,
) -> None:
    """Random and adversarial chunks: nothing past a limit, no exception."""
    console = Console()
    sections = [follower_section(chunks, seed, console), *bridge_sections(bridge_chunks, seed, host, console)]
    print_sections(sections, console)
    write_json(json, {"chunks": str(chunks), "bridge_chunks": str(bridge_chunks), "seed": str(seed)}, sections)
    stops, shares = sections[1].rows.values(), sections[2].rows.values()
    if any(row[3] for row in stops) or any((row[0] or 0.0) > 1.0 for row in shares):
        raise typer.Exit(1)


if __name__ == "__main__":
    sys.exit(run(main))

"""Half an hour of streaming at a robot that rejects what a real FR3 rejects: no error, and how near its limits it was.

`make strict` sets the robot up; then `python benchmarks/soak_strict.py [--minutes 30] [--json FILE]`; needs no ROS.
Minutes are of the robot's time, which is slower than the clock on the wall. Ends with 1 where a limit was broken.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

sys.path.append(str(Path(__file__).parents[1] / "tests"))  # the strict robot's client and the streams are test code

from bench.command import JsonOption, run
from bench.machine import describe_machine
from bench.output import print_header, print_sections, write_json
from bench.results import Section
from franka_bridge.reports import Status
from franka_bridge.state_machine import Mode
from strict.rig import CRUISE, Rig, rig_at
from strict.streams import TURN, expert_rows, square, straight, there_and_back

SECOND = 1_000_000_000
Stream = Callable[[], np.ndarray | None]
"""Makes a motion; metres that it should have led to, shape (3,), where that is known."""


@dataclass(slots=True)
class Soak:
    """A rig that streams.

    Attributes:
        rig: at home and started.
        kinds: streams made so far, by kind.
        stops: reasons for which the bridge stopped by itself; it should never.
        end_errors: metres between where the rows of each stream led and where the arm came to rest.
    """

    rig: Rig
    kinds: Counter[str] = field(default_factory=Counter)
    stops: list[str] = field(default_factory=list)
    end_errors: list[float] = field(default_factory=list)

    def run(self, seconds: float) -> Iterator[float]:
        """Stream until so much of the robot's time has gone by; yields how much has."""
        begin, seed = self.rig.now_ns, 0
        while (passed := (self.rig.now_ns - begin) / SECOND) < seconds:
            for kind, stream in self._streams(seed):
                self._make(kind, stream)
                yield min((self.rig.now_ns - begin) / SECOND, seconds)
            seed += 1
        yield passed

    def _streams(self, seed: int) -> Iterator[tuple[str, Stream]]:
        """One round: the demo's task in open loop and in async, rows at the caps, corners, and a stop."""
        yield "expert, open loop", lambda: self._open_loop(self._expert(2 * seed))
        yield "expert, async", lambda: self._in_async(self._expert(2 * seed + 1))
        directions = list(there_and_back())
        for name, rows in (directions[(2 * seed) % 12], directions[(2 * seed + 1) % 12]):
            yield f"rows at the cap, {name.removesuffix(' back')}", partial(self._open_loop, rows)
        yield "corners, async", lambda: self._in_async(square())
        both = straight(8, 0.7 * CRUISE, 0.0, -0.7 * CRUISE, 0.7 * TURN, 0.7 * TURN, 0.0)
        yield "shift and turn", lambda: self._open_loop(both)
        yield "stop at the cap", self._stop

    def _make(self, kind: str, stream: Stream) -> None:
        self.rig.begin = self.rig.positions()
        meant = stream()
        self.rig.run(1000)
        self.kinds[kind] += 1
        if self.rig.mode is Mode.STOPPED:
            self.stops.append(f"{kind}: {self.rig.bridge.reason}")
        elif meant is not None:
            self.end_errors.append(float(np.abs(self.rig.positions() - self.rig.begin - meant).max()))
        if kind.startswith(("expert", "corners", "stop")) or self.rig.mode is not Mode.HOLDING:
            self._count_and_go_home()

    def _count_and_go_home(self) -> None:
        cut = sum(report.status is Status.DISCARDED for report in self.rig.reports)
        self.kinds["chunks"] += sum(report.status is Status.ACCEPTED for report in self.rig.reports)
        self.kinds["chunks cut"] += cut
        self.rig.afresh()

    def _expert(self, seed: int) -> np.ndarray:
        return expert_rows(self.rig.commanded(), seed)

    def _open_loop(self, rows: np.ndarray) -> np.ndarray:
        for first in range(0, len(rows), 8):
            self.rig.follow(rows[first : first + 8])
        return np.asarray(rows[:, :3].sum(axis=0))

    def _in_async(self, rows: np.ndarray) -> np.ndarray:
        self.rig.stream(rows)
        return np.asarray(rows[:, :3].sum(axis=0))

    def _stop(self) -> None:
        """Stopped by an operator, who then recovers: no error of the bridge."""
        self.rig.send(self.rig.chunk(straight(14, CRUISE)))
        self.rig.run(600)
        self.rig.bridge.stop("the soak")
        self.rig.run(600)
        self.rig.recover()
        self.rig.home()
        self.rig.start()


def watched(soak: Soak, seconds: float, console: Console) -> None:
    """Run to the end behind a progress bar."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f} of {task.total:.0f} s"))
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("robot time", total=seconds)
        for done in soak.run(seconds):
            progress.update(task, completed=done)


def sections(soak: Soak, wall: float, host: str) -> list[Section]:
    """What happened, and what was used of each limit."""
    status = soak.rig.server.status()
    robot = status["robots"][host]
    row = (
        robot["ticks"] / 1000 / 60,
        robot["moving"] / 1000 / 60,
        wall / 60,
        robot["lost"],
        len(status["complaints"]),
        len(soak.stops),
    )
    columns = ("robot minutes", "of them in motion", "minutes", "answers lost", "limits broken", "stops by itself")
    ends = np.array(soak.end_errors) * 1e3
    return [
        Section("strict robot", columns, {"streaming": row}),
        Section("streams", ("number",), {kind: (number,) for kind, number in sorted(soak.kinds.items())}),
        Section(
            "where the arm came to rest (mm from where the rows lead)",
            ("median", "max"),
            {"measured": (float(np.median(ends)), float(ends.max())) if len(ends) else (None, None)},
        ),
        Section(
            "most that was used of each limit (1: just at it)",
            ("share",),
            {what: (share,) for what, share in sorted(robot["shares"].items())},
        ),
    ]


def main(
    minutes: Annotated[float, typer.Option(help="of the robot's time")] = 30.0,
    driver: Annotated[str, typer.Option(help="instead of the one in config/robots/fr3.yaml")] = "",
    host: Annotated[str, typer.Option(help="loopback address of the strict robot")] = "127.0.104.9",
    json: JsonOption = None,
) -> None:
    """Stream at a strict robot: no error."""
    console = Console()
    begin = time.monotonic()
    changes: dict[str, Any] = {"driver": driver} if driver else {}
    with rig_at(host, **changes) as rig:
        soak = Soak(rig)
        watched(soak, minutes * 60, console)
        rig.run(500)
        found = sections(soak, time.monotonic() - begin, host)
        broken = rig.server.complaints()
        used = rig.bridge.arms["arm"].config.driver
    for line in (*broken, *(f"stopped: {reason}" for reason in soak.stops)):
        console.print(line, markup=False)
    facts = {"date": date.today().isoformat(), "driver": used, **describe_machine()}
    print_header(facts, console)
    print_sections(found, console)
    write_json(json, facts, found)
    if soak.stops or found[0].rows["streaming"][4]:
        raise typer.Exit(1)


if __name__ == "__main__":
    sys.exit(run(main))

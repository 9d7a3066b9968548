"""Measures the steering page on a running cell: from the space bar to the bridge's stop, and what watching costs."""

import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from bench.command import JsonOption, run
from bench.machine import describe_machine
from bench.output import print_header, print_sections, write_json
from bench.results import SPREAD, Section, spread
from bench.usage import usage_of
from bench.visitor import Visitor
from molmoact_bringup.graph import Graph
from molmoact_bringup.graphs import cell_graph
from molmoact_bringup.options import CellOptions
from molmoact_bringup.places import new_run_folder, places_for
from molmoact_bringup.preflight import preflight
from molmoact_bringup.runner import Runner
from molmoact_bringup.steering_page import page_address
from molmoact_bringup.supervising import Termination, enter_environment
from molmoact_common.errors import UserError
from molmoact_common.ros.nodes import share_directory

if TYPE_CHECKING:
    from bench.stop_probe import StopProbe

PAGE = "steering"
STOP_PATIENCE = 5.0
START_PATIENCE = 90.0
BEFORE_STOP = 0.7
"""Seconds between start and stop."""

INSTRUCTION = {"solo": "put the red block into the tray", "duo": "lift the tray"}

STOP_NOTE = (
    "From the key in a headless Chromium to the state of the arm that says stopped, as it arrives here: the browser, "
    "the socket, the page's node, the stop topic, the bridge, and up to 10 ms until its next state."
)
CPU_NOTE = "Of one core, user and system, all threads of the page's node."
GAP_NOTE = "Between two states of the arm as they arrive, with nobody at the page and with somebody: the control path."


def main(
    *,
    cell: Annotated[str, typer.Option(help="scene: duo has three views, solo two")] = "duo",
    stops: Annotated[int, typer.Option(min=1, help="how often it is stopped")] = 10,
    seconds: Annotated[float, typer.Option(min=2, help="of watching")] = 20.0,
    robot_host: Annotated[str, typer.Option(help="loopback address of the simulated robot")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="of the page")] = 8766,
    runs: Annotated[Path, typer.Option(help="folder that gets a folder of this run")] = Path("runs"),
    json: JsonOption = None,
) -> None:
    r"""Bring up the cell in real time with the expert, watch and stop it on the page.

    \b
    Example: python benchmarks/steering.py --stops 20 --json steering.json
    """
    console = Console()
    facts = {**describe_machine(), "command": " ".join(sys.argv)}
    print_header(facts, console)
    config = share_directory() / "config"
    options = CellOptions(cell=cell, robot_host=robot_host, time="realtime", ui=True, ui_port=port, record=False)
    preflight(options, cell_graph(options, places_for(runs, config)))
    folder = new_run_folder(runs, datetime.now().astimezone()).absolute()
    sections, figures = measure(cell_graph(options, places_for(folder, config)), folder, cell, stops, seconds)
    print_sections(sections, console)
    write_json(json, facts, sections, figures)


def measure(
    graph: Graph, folder: Path, cell: str, stops: int, seconds: float
) -> tuple[list[Section], dict[str, float | None]]:
    """Run the graph and visit its page.

    Raises:
        UserError: it does not come up, or a stop is not seen.
    """
    enter_environment(graph, Path(sys.prefix))
    from bench.stop_probe import StopProbe  # noqa: PLC0415  needs the environment of the graph

    with Termination(), Runner(graph, run=folder, prefix=Path(sys.prefix)) as runner:
        runner.start()
        probe = StopProbe(graph.arms[0])
        try:
            _wait(runner, lambda: len(probe.gaps) > 100)
            alone = _gaps(runner, probe, seconds)
            with Visitor(page_address(graph)) as visitor:
                visitor.begin(INSTRUCTION[cell])
                visitor.bring_to_run()
                share, rate, watched = _watch(runner, probe, visitor, seconds)
                latencies = [_stop(probe, visitor) for _ in range(stops)]
        finally:
            probe.close()
    rows = {"alone": spread(alone), "watched": spread(watched)}
    sections = [
        Section("stop (ms)", SPREAD, {"key to stopped": spread(latencies)}, STOP_NOTE),
        Section("page", ("share", "pictures/s"), {"node": (share, rate)}, CPU_NOTE),
        Section("states (ms)", SPREAD, rows, GAP_NOTE),
    ]
    figures = {
        "stop_ms": spread(latencies)[0],
        "stop_max_ms": max(latencies),
        "cpu_share": share,
        "pictures_a_second": rate,
        "states_p99_ms_alone": rows["alone"][2],
        "states_p99_ms_watched": rows["watched"][2],
    }
    return sections, figures


def _wait(runner: Runner, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_PATIENCE
    while not ready():
        if time.monotonic() > deadline or any(ended.required for ended in runner.poll()):
            raise UserError("the cell did not come up; see the logs in the folder of the run")
        time.sleep(0.1)


def _gaps(runner: Runner, probe: "StopProbe", seconds: float) -> list[float]:
    """Milliseconds between states while nobody watches."""
    probe.gaps.clear()
    end = time.monotonic() + seconds
    _wait(runner, lambda: time.monotonic() > end)
    return [gap * 1e3 for gap in probe.gaps]


def _watch(runner: Runner, probe: "StopProbe", visitor: Visitor, seconds: float) -> tuple[float, float, list[float]]:
    """Share of a core that the page's node takes, pictures a second at the browser, milliseconds between states.

    Raises:
        UserError: the node is gone.
    """
    before, pictures, began = usage_of(runner.running[PAGE]), visitor.pictures, time.monotonic()
    probe.gaps.clear()
    visitor.wait(seconds)
    after, took = usage_of(runner.running[PAGE]), time.monotonic() - began
    if before is None or after is None:
        raise UserError("the page's node has ended; see its log in the folder of the run")
    share = (after.cpu_seconds - before.cpu_seconds) / took
    return share, (visitor.pictures - pictures) / took, [gap * 1e3 for gap in probe.gaps]


def _stop(probe: "StopProbe", visitor: Visitor) -> float:
    """Milliseconds from the key to the state that says stopped, of arms that follow chunks.

    Raises:
        UserError: no such state came.
    """
    visitor.wait(BEFORE_STOP)
    probe.arm_for_stop()
    began = time.monotonic()
    visitor.press_space()
    stopped = probe.stopped_at(STOP_PATIENCE)
    if stopped is None:
        raise UserError(f"the arm was not stopped within {STOP_PATIENCE:g} s")
    visitor.recover()
    visitor.bring_to_run()
    return (stopped - began) * 1e3


if __name__ == "__main__":
    sys.exit(run(main))

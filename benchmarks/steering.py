"""Measures the steering page: from the space bar to the bridge's stop in a running cell, and what watching costs."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
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
from bench.view_source import ARMS, VIEWS
from bench.visitor import Visitor
from bench.watcher import Watcher
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
from steering_ui.access import new_secret
from steering_ui.addresses import url
from steering_ui.parameters import TOKEN_VARIABLE

if TYPE_CHECKING:
    from bench.stop_probe import StopProbe

SETTLE = 2.0
STOP_PATIENCE = 5.0
START_PATIENCE = 90.0
BEFORE_STOP = 0.7
"""Seconds between start and stop."""

INSTRUCTION = {"solo": "put the red block into the tray", "duo": "lift the tray"}

STOP_NOTE = (
    "From the key in a headless Chromium to the state of the arm that says stopped, as it arrives here: the browser, "
    "the socket, the page's node, the stop topic, the bridge, and up to 10 ms until its next state."
)
CPU_NOTE = (
    "Of one core, user and system, all threads of the page's node; three views at 15 Hz and two arms at 100 Hz come in,"
    " and one page watches, which is not a browser."
)
GAP_NOTE = "Between two states of the arm as they arrive, with nobody at the page and with somebody: the control path."


def main(
    *,
    cell: Annotated[str, typer.Option(help="scene of the cell: solo, or duo with two arms")] = "solo",
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
    enter_environment(cell_graph(options, places_for(folder, config)), Path(sys.prefix))
    views = views_section(port, seconds)
    sections, figures = measure(cell_graph(options, places_for(folder, config)), folder, cell, stops, seconds)
    share, rate = views.rows["node"]
    sections, figures = [*sections, views], {**figures, "cpu_share": share, "pictures_a_second": rate}
    print_sections(sections, console)
    write_json(json, facts, sections, figures)


def measure(
    graph: Graph, folder: Path, cell: str, stops: int, seconds: float
) -> tuple[list[Section], dict[str, float | None]]:
    """Run the graph, watch its page and stop it there.

    Raises:
        UserError: it does not come up, or a stop is not seen.
    """
    from bench.stop_probe import StopProbe  # noqa: PLC0415  needs the environment of the graph

    with Termination(), Runner(graph, run=folder, prefix=Path(sys.prefix)) as runner:
        runner.start()
        probe = StopProbe(graph.arms[0])
        try:
            _wait(runner, lambda: len(probe.gaps) > 100)
            alone = _gaps(runner, probe, seconds)
            watched = _watched(runner, probe, page_address(graph), seconds)
            with Visitor(page_address(graph)) as visitor:
                visitor.begin(INSTRUCTION[cell])
                visitor.bring_to_run()
                latencies = [_stop(probe, visitor) for _ in range(stops)]
        finally:
            probe.close()
    rows = {"alone": spread(alone), "watched": spread(watched)}
    sections = [
        Section("stop (ms)", SPREAD, {"key to stopped": spread(latencies)}, STOP_NOTE),
        Section("states (ms)", SPREAD, rows, GAP_NOTE),
    ]
    figures = {
        "stop_ms": spread(latencies)[0],
        "stop_max_ms": max(latencies),
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


def _watched(runner: Runner, probe: "StopProbe", address: str, seconds: float) -> list[float]:
    """Milliseconds between states while somebody watches."""
    with Watcher(address):
        return _gaps(runner, probe, seconds)


def views_section(port: int, seconds: float) -> Section:
    """What it costs to show three views, 15 pictures a second each, to one who watches.

    Raises:
        UserError: the page's node does not come up, or ends.
    """
    token = new_secret()
    environment = {**os.environ, TOKEN_VARIABLE: token}
    names = {"port": port, "arms": ",".join(ARMS), "cameras": ",".join(VIEWS)}
    words = [word for name, value in names.items() for word in ("-p", f"{name}:={value}")]
    with ExitStack() as stack:
        for module, arguments in (("bench.view_source", []), ("steering_ui.node", ["--ros-args", *words])):
            command = [sys.executable, "-m", module, *arguments]
            process = subprocess.Popen(command, env=environment, cwd=Path(__file__).parent)
            stack.callback(process.wait, 10)
            stack.callback(process.terminate)
        address = url("127.0.0.1", port, token)
        _until_it_listens(process, port)
        with Watcher(address) as watcher:
            time.sleep(SETTLE)
            return _views_row(process.pid, watcher, seconds)


def _until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise UserError("the page's node did not come up; is the port in use? choose another --port")


def _views_row(pid: int, watcher: Watcher, seconds: float) -> Section:
    before, pictures, began = usage_of(pid), watcher.pictures, time.monotonic()
    time.sleep(seconds)
    after, took = usage_of(pid), time.monotonic() - began
    if before is None or after is None:
        raise UserError("the page's node has ended")
    share = (after.cpu_seconds - before.cpu_seconds) / took
    return Section("page", ("share", "pictures/s"), {"node": (share, (watcher.pictures - pictures) / took)}, CPU_NOTE)


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

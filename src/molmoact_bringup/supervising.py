"""Keeps a graph running until a person ends it, a required process dies, or its work is done."""

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from rich.console import Console

from molmoact_bringup.graph import Graph
from molmoact_bringup.health import HealthBoard
from molmoact_bringup.health_view import HealthView
from molmoact_bringup.processes import Ended
from molmoact_bringup.runner import Runner
from molmoact_bringup.steering_page import page_address
from molmoact_bringup.surroundings import enter
from molmoact_common.errors import UserError

STEP = 0.25
"""Seconds between looks at the graph."""


class Termination:
    """Within it SIGINT, SIGTERM and SIGHUP end nothing by themselves: they set `asked`."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Termination":
        self._before = {number: signal.signal(number, self._ask) for number in self.SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


def enter_environment(graph: Graph, prefix: Path) -> None:
    """Let this process's own ROS nodes live in the same surroundings as the graph's; before rclpy starts."""
    enter(dict(graph.environment), prefix)


def tell_page(graph: Graph, console: Console) -> None:
    """Print the address of the steering page, where the graph has one."""
    if address := page_address(graph):
        console.print(f"steering page: {address}", markup=False, highlight=False, soft_wrap=True)


def supervise(
    runner: Runner,
    step: Callable[[], bool],
    ending: Termination,
    on_end: Callable[[Ended], None] = lambda _: None,
) -> Ended | None:
    """Call `step` over and over while the graph is whole.

    Args:
        runner: already started.
        step: does a little work and takes a little time; returns False when all is done.
        ending: ends the loop when a person asks for it.
        on_end: is told of every process that ends meanwhile.

    Returns:
        The required process that ended by itself, or None where a person or `step` ended the loop.
    """
    while not ending.asked:
        ended = runner.poll()
        for one in ended:
            on_end(one)
        fatal = next((one for one in ended if one.required), None)
        if fatal or not step():
            return fatal
    return None


def bring_up(graph: Graph, run: Path, console: Console, prefix: Path = Path(sys.prefix)) -> None:
    """Run a graph until a person ends it.

    Raises:
        UserError: a required process ended by itself; the line says which, how and why, and where its log is.
    """
    enter_environment(graph, prefix)
    board = HealthBoard(tuple(spec.name for spec in graph.nodes))
    with Termination() as ending, Runner(graph, run=run, prefix=prefix) as runner:
        runner.start()
        tell_page(graph, console)
        fatal = _watch(graph, board, runner, ending, console)
        console.print("stopping", markup=False)
    console.print(f"logs and records: {run}", markup=False, soft_wrap=True)
    if fatal:
        raise UserError(f"{fatal.line()}; its log: {run / 'logs' / fatal.name}.log")


def _watch(graph: Graph, board: HealthBoard, runner: Runner, ending: Termination, console: Console) -> Ended | None:
    from molmoact_bringup.health_client import HealthClient  # noqa: PLC0415  needs the environment of the graph

    client = HealthClient(board, graph.arms, graph.namespace)
    try:
        with HealthView(f"{graph.name}: Ctrl-C ends it", console) as view:

            def step() -> bool:
                client.spin(STEP)
                board.processes_run(runner.running)
                view.show(board.rows(time.monotonic()))
                return True

            fatal = supervise(runner, step, ending, board.process_ended)
            view.show(board.rows(time.monotonic()))
            return fatal
    finally:
        client.close()

"""Measures what the recorder bears: views and arm states through the middleware into takes, counted on both sides."""

import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from bench.command import JsonOption, run
from bench.machine import describe_machine
from bench.output import print_header, print_sections, write_json
from bench.recording_source import ARM, VIEWS, Source, contract
from bench.results import Section
from bench.usage import usage_of
from demo_recorder.reading import BagReader
from demo_recorder.takes import Command
from molmoact_bringup.graph import Graph, NodeSpec
from molmoact_bringup.record_client import RecordClient
from molmoact_bringup.runner import Runner
from molmoact_bringup.surroundings import enter, ros_variables
from molmoact_common.errors import UnreachableError, UserError
from molmoact_common.ros.nodes import share_directory

ANSWER_LIMIT = 300.0
"""Seconds for an answer: what waits to be compressed is written before a take is kept."""

SETTLE = 1.5
"""Seconds after the last message before the recorder's next status can be about silence."""


class LostError(UserError):
    """Messages were lost."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Counts:
    """One topic of one take: messages that were published meanwhile, those in the bag, losses that were noticed."""

    sent: int
    written: int
    noticed: int


def main(
    *,
    seconds: Annotated[float, typer.Option(min=1, help="length of a take; its files are removed once checked")] = 20,
    takes: Annotated[int, typer.Option(min=1, help="takes, one after the other")] = 1,
    compression: Annotated[Literal["none", "png", "jpeg"], typer.Option(help="of the pictures")] = "none",
    folder: Annotated[Path | None, typer.Option(help="disk to write to (default: a temporary folder)")] = None,
    json: JsonOption = None,
) -> None:
    r"""Record three views 640x480 at 30 Hz and an arm's state at 100 Hz, and count.

    \b
    Example: python benchmarks/recording.py --seconds 20 --takes 15 --json runs/recording.json
    """
    console = Console()
    facts = describe_machine() | {"compression": compression, "command": " ".join(sys.argv)}
    print_header(facts, console)
    config = share_directory() / "config"
    enter(ros_variables(config, "local"))
    scratch = Path(tempfile.mkdtemp(prefix="recording-", dir=folder))
    try:
        counts, cpu, megabytes = measure(scratch, seconds, takes, compression)
    finally:
        shutil.rmtree(scratch)
    sections = [counted_section(counts), Section("recorder", ("CPU (% of a core)", "MiB/s"), {"all": (cpu, megabytes)})]
    print_sections(sections, console)
    write_json(json, facts, sections)
    if lost := sum(one.sent - one.written for one in counts.values()):
        raise LostError(f"{lost} messages were published and are in no bag")


def counted_section(counts: dict[str, Counts]) -> Section:
    """A row a topic, over all takes."""
    rows = {name: (one.sent, one.written, one.noticed) for name, one in counts.items()}
    return Section("messages", ("published", "in the bag", "noticed as lost"), rows)


def measure(scratch: Path, seconds: float, takes: int, compression: str) -> tuple[dict[str, Counts], float, float]:
    """Counts by topic over all takes, the recorder's CPU share (percent of a core), and MiB a second to the disk."""
    (scratch / "contract.yaml").write_text(contract(compression), encoding="utf-8")
    parameters = {"contract": str(scratch / "contract.yaml"), "takes": str(scratch / "takes")}
    graph = Graph("recording", (NodeSpec("recorder_node", "recorder", parameters=parameters),))
    totals = dict.fromkeys([*VIEWS, ARM], Counts(0, 0, 0))
    busy = span = size = 0.0
    with Runner(graph, run=scratch / "run", prefix=Path(sys.prefix)) as runner:
        runner.start()
        client, source = RecordClient(), Source()
        try:
            source.wait_for_recorder()
            for _ in range(takes):
                path = order(client, Command.START)
                before, begun = usage_of(runner.running["recorder"]), time.monotonic()
                sent = source.publish(seconds)
                after, span = usage_of(runner.running["recorder"]), span + time.monotonic() - begun
                settle(client)
                order(client, Command.KEEP)
                busy += after.cpu_seconds - before.cpu_seconds if before and after else 0.0
                size += sum(file.stat().st_size for file in path.glob("*.mcap")) / 2**20
                add(totals, sent, path)
                shutil.rmtree(path)
        finally:
            source.close()
            client.close()
    return totals, busy / span * 100, size / span


def add(totals: dict[str, Counts], sent: dict[str, int], path: Path) -> None:
    """Count one take in."""
    with BagReader(path) as bag:
        for name, before in totals.items():
            written, noticed = bag.counts.get(name, 0), bag.drops.get(name, 0)
            totals[name] = Counts(before.sent + sent[name], before.written + written, before.noticed + noticed)


def settle(client: RecordClient) -> None:
    """Until nothing more is on its way: the recorder has written nothing for the window of its rates."""
    deadline = time.monotonic() + ANSWER_LIMIT
    client.spin(SETTLE)
    while any(client.view.rates) and time.monotonic() < deadline:
        client.spin(0.2)


def order(client: RecordClient, command: Command) -> Path:
    """Order something and wait for its answer.

    Raises:
        UnreachableError: none came.
    """
    deadline = time.monotonic() + ANSWER_LIMIT
    while time.monotonic() < deadline:
        if not client.busy:
            client.order(command)
        client.spin(0.05)
        if (answer := client.take_answer()) is not None:
            if not answer.success:
                raise UnreachableError(answer.message)
            return Path(answer.path)
    raise UnreachableError("the recorder gave no answer; see its log")


if __name__ == "__main__":
    sys.exit(run(main))

"""Kills a recorder at random moments, repairs each bag, and fails where a message older than the last chunk is gone."""

import random
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from bench.command import JsonOption, run
from bench.killed_recorder import Killed, kill_once
from bench.machine import describe_machine
from bench.output import print_header, print_sections, write_json
from bench.results import Section, spread
from molmoact_common.errors import UserError

SIZES = (10, 2_000, 50_000, 920_000)
"""Bytes of a message: from an event to a picture."""


class RecoveryError(UserError):
    """Something that was written long before a kill is not in the repaired bag."""

    exit_code = 1


def main(
    *,
    kills: Annotated[int, typer.Option(min=1, help="recorders that are killed")] = 50,
    seed: Annotated[int, typer.Option(help="of the moments")] = 0,
    json: JsonOption = None,
) -> None:
    r"""Kill, repair, count.

    \b
    Example: python benchmarks/soak_recording.py --kills 50 --json runs/soak_recording.json
    """
    console, chance = Console(), random.Random(seed)
    facts = describe_machine() | {"command": " ".join(sys.argv)}
    print_header(facts, console)
    found: list[Killed] = []
    for _ in track(range(kills), "killing", console=console):
        size = chance.choice(SIZES)
        with tempfile.TemporaryDirectory() as folder:
            most = 40 if size > SIZES[2] else 400
            found.append(kill_once(Path(folder) / "bag", size, chance.randint(most // 4, most)))
    lost = [one.written - len(one.recovered) for one in found]
    rows = {"lost by a kill": spread(lost), "written before it": spread([one.written for one in found])}
    sections = [Section("messages", ("median", "mean", "p99", "max", "count"), rows)]
    print_sections(sections, console)
    write_json(json, facts, sections)
    if broken := sum(not one.whole for one in found):
        raise RecoveryError(f"{broken} of {kills} repaired bags lack what was written before the last chunk")


if __name__ == "__main__":
    sys.exit(run(main))

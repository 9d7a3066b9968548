"""Records the expert's demonstrations in the cell's graph and holds each against the same one in process."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import track

sys.path.append(str(Path(__file__).parents[1] / "tests"))  # the comparison is test code

from bench.command import JsonOption, run
from bench.machine import describe_machine
from bench.output import print_header, print_sections, write_json
from bench.results import Section, spread
from demo_recorder.folders import find_bags
from molmoact_common.errors import UserError

if TYPE_CHECKING:
    from support.demo_parity import Parity

CONFIG = Path(__file__).parents[1] / "config"

EQUAL = {"actions": 1e-9, "path_mm": 10.0, "end_mm": 1.0}
"""What may not differ, and by how little it does; the rest depends on how late the machine's processes are."""

SPREAD = ("actions", "path_mm", "end_mm", "measured_mm", "hands_px", "trace", "first_picture", "pictures")


SPREAD_OF = ("median", "mean", "p99", "max", "count")


class ParityError(UserError):
    """A recorded demonstration is not what the cell in process shows."""

    exit_code = 1


def main(
    *,
    number: Annotated[int, typer.Option(min=1, help="demonstrations")] = 20,
    replays: Annotated[int, typer.Option(min=2, help="of each task: demonstrations in process played as symbols")] = 20,
    robot_host: Annotated[str, typer.Option(help="loopback address of the simulated robot")] = "127.0.93.1",
    json: JsonOption = None,
) -> None:
    r"""Record, convert, compare (tests/support/demo_parity.py says how); then play demonstrations from their symbols.

    \b
    Example: python benchmarks/soak_demos.py --number 20 --json runs/soak_demos.json
    """
    console, facts = Console(), describe_machine() | {"command": " ".join(sys.argv)}
    print_header(facts, console)
    with tempfile.TemporaryDirectory() as scratch:
        found = _compared(_recorded(Path(scratch) / "demos", number, robot_host), console)
    rows = {name: spread([getattr(one, name) for one in found]) for name in SPREAD}
    rows["solved again"] = spread([float(one.solved) for one in found])
    sections = [
        Section("recorded and in process", SPREAD_OF, rows),
        Section("played again from symbols", SPREAD_OF, _replays(replays)),
    ]
    print_sections(sections, console)
    write_json(json, facts, sections)
    unlike = [f"{one.task} {one.seed}" for one in found if not _equal(one)]
    if unlike:
        raise ParityError(f"{len(unlike)} of {number} demonstrations differ: {', '.join(unlike)}")


def _recorded(folder: Path, number: int, host: str) -> list[Path]:
    command = [Path(sys.prefix) / "bin" / "molmoact", "demos", folder, "--number", str(number), "--robot-host", host]
    environment = {"AMENT_PREFIX_PATH": sys.prefix, **os.environ}
    ended = subprocess.run(list(map(str, command)), env=environment, check=False)
    takes = find_bags([folder / "takes"])
    if ended.returncode or len(takes) != number:
        raise ParityError(f"{len(takes)} of {number} demonstrations were recorded, molmoact ended {ended.returncode}")
    return takes


def _compared(takes: Sequence[Path], console: Console) -> "list[Parity]":
    os.environ.setdefault("MUJOCO_GL", "egl")  # MuJoCo chooses its GL library while it is imported
    from support.demo_parity import Comparer  # noqa: PLC0415

    comparer = Comparer()
    found = []
    for seed, take in track(list(enumerate(takes)), "comparing", console=console):
        found.append(comparer.compare(take, seed))
        console.print(found[-1].as_json(), markup=False, soft_wrap=True)
    return found


def _replays(count: int) -> dict[str, tuple[float, ...]]:
    """For each task: part that did it again, part that ended within 10 mm, and distance of the ends."""
    from molmoact.profile import load_profile  # noqa: PLC0415
    from sim_cell.inprocess.cell import InProcessCell  # noqa: PLC0415
    from sim_cell.settings import load_scene  # noqa: PLC0415
    from sim_cell.tasks import load_task, make_episode  # noqa: PLC0415
    from support.round_trip import round_trip  # noqa: PLC0415

    scene, profile = load_scene(CONFIG / "cell/solo.yaml"), load_profile(CONFIG / "policy/profiles/expert.yaml")
    cell, rows = InProcessCell(scene, profile, None), {}
    for name in ("lift_block", "put_block_in_tray", "stack_block"):
        task = load_task(CONFIG / "tasks", name)
        played = round_trip(cell, [make_episode(name, task, scene, seed) for seed in range(count)], profile)
        rows[f"{name}: solved"] = spread([float(one.success) for one in played])
        rows[f"{name}: within 10 mm"] = spread([float(one.apart < 0.010) for one in played])
        rows[f"{name}: mm apart"] = spread([one.apart * 1000 for one in played])
    return rows


def _equal(one: "Parity") -> bool:
    return one.instruction and all(getattr(one, name) < most for name, most in EQUAL.items())


if __name__ == "__main__":
    sys.exit(run(main))

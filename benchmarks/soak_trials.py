"""Long form of the trials' test: an experiment in the cell, killed at random moments; its report is recounted."""

import json as text
import os
import random
import re
import signal
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
import yaml
from rich.console import Console

from bench.command import JsonOption, run
from bench.machine import describe_machine
from bench.output import print_header, print_sections, write_json
from bench.recounted import barnard, expected_cells, read_rows, reported_cells, tried
from bench.results import Section, spread
from molmoact_common.errors import UserError
from trial_runner.run_data import load_run

EXPERIMENT = Path(__file__).parents[1] / "config" / "trials" / "experiments" / "cell_execution.yaml"
MOLMOACT = str(Path(sys.prefix) / "bin" / "molmoact")
LETS_GO = 60.0
"""Seconds within which the processes of a killed experiment must be gone."""


class TrialsError(UserError):
    """A trial was lost or repeated, or the report is not what its rows amount to."""

    exit_code = 1


def main(
    *,
    out: Annotated[Path, typer.Option(help="new folder of the experiment")],
    experiment: Annotated[Path, typer.Option(help="its YAML file (2 policies x 2 tasks x 10)")] = EXPERIMENT,
    kills: Annotated[int, typer.Option(min=0, help="times that it is killed")] = 3,
    seed: Annotated[int, typer.Option(help="of the moments")] = 0,
    robot_host: Annotated[str, typer.Option(help="loopback address of the simulated robot")] = "127.0.74.1",
    json: JsonOption = None,
) -> None:
    r"""Run an experiment, kill -9 its runner now and then, run the same command again, and recount what it reports.

    \b
    Example: python benchmarks/soak_trials.py --out runs/soak_trials --json runs/soak_trials.json
    """
    if out.exists():
        raise TrialsError(f"{out} is there already; a soak begins with a new folder")
    console, chance = Console(), random.Random(seed)
    facts = describe_machine() | {"command": " ".join(sys.argv)}
    print_header(facts, console)
    command = [MOLMOACT, "trials", "run", str(experiment), "--out", str(out), "--robot-host", robot_host]
    started = time.monotonic()
    for number in range(kills):
        there = run_and_kill(command, out, chance.randint(1, 5), chance.uniform(0, 30))
        console.print(f"kill {number + 1}: {there} rows were there")
    finished = subprocess.run(command, env=surroundings(), text=True, capture_output=True, check=False)
    if finished.returncode:
        raise TrialsError(f"the last run ended with {finished.returncode}: {finished.stdout[-2000:]}{finished.stderr}")
    wrong = mistakes(out)
    rows = read_rows(out)
    sections = [Section("world seconds of a trial", ("median", "mean", "p99", "max", "count"), by_policy(rows))]
    print_sections(sections, console)
    figures = {
        "trials": len(rows),
        "kills": kills,
        "broken_off": len(list((out / "trials").glob("*-broken-off-*"))),
        "mistakes": len(wrong),
        "wall_minutes": (time.monotonic() - started) / 60,
    }
    for name, value in figures.items():
        console.print(f"{name:>24}  {value:.5g}", highlight=False)
    write_json(json, facts, sections, figures)
    if wrong:
        raise TrialsError("; ".join(wrong))


def surroundings() -> dict[str, str]:
    """Of the runner: topics that no other graph of this machine hears, unless the person has chosen some."""
    return {"ROS_DOMAIN_ID": "74", **os.environ, "AMENT_PREFIX_PATH": sys.prefix}


def run_and_kill(command: list[str], out: Path, more: int, seconds: float) -> int:
    """Kill the runner `seconds` after it has added `more` rows; the number of rows once its processes are gone."""
    before = count(out)
    with subprocess.Popen(command, env=surroundings(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as runner:
        while count(out) < before + more and runner.poll() is None:
            time.sleep(0.5)
        time.sleep(seconds)
        if runner.poll() is not None:
            said = f"the runner ended by itself ({runner.returncode}) before it could be killed"
            raise TrialsError(f"{said}; ask for fewer --kills, or see {out}")
        processes = psutil.Process(runner.pid).children(recursive=True)
        runner.send_signal(signal.SIGKILL)
    if psutil.wait_procs(processes, timeout=LETS_GO)[1]:
        raise TrialsError(f"processes of a killed runner live on after {LETS_GO:g} s")
    return count(out)


def count(out: Path) -> int:
    """Whole rows on the disk."""
    rows = out / "trials.jsonl"
    return rows.read_bytes().count(b"\n") if rows.is_file() else 0


def mistakes(out: Path) -> list[str]:
    """What is wrong with the experiment in `out`: a line each."""
    rows, page = read_rows(out), (out / "report.html").read_text(encoding="utf-8")
    found = []
    asked = yaml.safe_load((out / "experiment.yaml").read_text(encoding="utf-8"))
    policies, conditions = sorted(asked["policies"]), asked.get("conditions", ["in_distribution"])
    if tried(rows) != sorted(product(asked["tasks"], conditions, policies, range(asked["trials"]))):
        found.append("a trial is missing or was repeated")
    for row in rows:
        if row["success"] != any(cell.success for cell in load_run(out / row["bag"]).cells):
            found.append(f"trial {row['number']}: its bag tells another end than its row")
    if reported_cells(page) != expected_cells(rows):
        found.append("the report's table is not what its rows amount to")
    wins = [sum(row["success"] for row in rows if row["policy"] == policy) for policy in policies]
    said = re.search(r"p = ([\d.e-]+);", page)
    if len(policies) == 2 and said and abs(float(said[1]) - barnard(wins[0], wins[1], len(rows) // 2)) > 0.005:
        found.append(f"the report's p = {said[1]} is not Barnard's of {text.dumps(wins)}")
    return found


def by_policy(rows: list[dict[str, Any]]) -> dict[str, tuple[float | None, ...]]:
    """Spread of the seconds of each policy's trials."""
    policies = sorted({row["policy"] for row in rows})
    return {one: spread([row["seconds"] for row in rows if row["policy"] == one]) for one in policies}


if __name__ == "__main__":
    sys.exit(run(main))

"""Demonstrations of several tasks to one dataset and its rows, and the table of what was kept and why not."""

import os
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from molmoact.curation.engine import ProcessPool, run_here
from molmoact.curation.lerobot_writer import LeRobotWriter
from molmoact.curation.pipeline import curate
from molmoact.curation.rows import Kind
from molmoact.curation.settings import CurationSettings
from molmoact.profile import load_profile
from molmoact_bringup.data_commands import SomethingRefusedError
from molmoact_bringup.data_report import print_curation, progress_bar
from molmoact_bringup.demos_command import DemosOptions
from molmoact_bringup.demos_recorded import record_demos
from molmoact_bringup.options import config_file
from molmoact_common.errors import ConfigError
from molmoact_common.ros.nodes import share_directory
from sim_cell.inprocess.demonstration import DemonstrationSettings
from sim_cell.inprocess.generating import DemonstrationJob, generate
from sim_cell.tasks import load_task

DATASET, ROWS = "dataset", "rows"
NOT_DONE = "the expert did not do it in time"


@dataclass(slots=True)
class DemosReport:
    """What became of the demonstrations.

    Attributes:
        kept: task -> steps of each demonstration that is in the dataset.
        refused: task -> why the others are not.
    """

    kept: dict[str, list[int]] = field(default_factory=dict)
    refused: dict[str, Counter[str]] = field(default_factory=dict)

    def keep(self, task: str, steps: int) -> None:
        """One more in the dataset."""
        self.kept.setdefault(task, []).append(steps)

    def refuse(self, task: str, why: str) -> None:
        """One that is not."""
        self.refused.setdefault(task, Counter())[why] += 1

    @property
    def lost(self) -> int:
        """How many are not in the dataset."""
        return sum(sum(reasons.values()) for reasons in self.refused.values())

    def table(self) -> Table:
        """A line a task."""
        table = Table("task", "kept", "steps", "refused", "why", title_justify="left")
        for task in sorted(self.kept.keys() | self.refused.keys()):
            steps, reasons = self.kept.get(task, []), self.refused.get(task, Counter[str]())
            why = "; ".join(f"{reason} ({count})" for reason, count in reasons.most_common())
            table.add_row(task, str(len(steps)), str(sum(steps)), str(sum(reasons.values())), why)
        return table


def make_demos(options: DemosOptions, folder: Path, console: Console | None = None) -> None:
    """Make `folder`: takes (from the graph), dataset, rows.

    Raises:
        ConfigError: an option names what is not there, `folder` holds a dataset, or nothing was kept.
        SomethingRefusedError: a demonstration is not in the dataset.
    """
    console = console or Console()
    config = share_directory() / "config"
    names = task_names(options, config)
    if (folder / DATASET).exists():
        raise ConfigError(f"{folder} holds a dataset already; name a new folder")
    if options.in_process:
        report = generated(options, names, folder, config)
    else:
        report = DemosReport()
        for task, outcome in record_demos(options, names, folder, config, console):
            if isinstance(outcome, int):
                report.keep(task, outcome)
            else:
                report.refuse(task, outcome)
    console.print(report.table())
    if not report.kept:
        raise ConfigError(f"no demonstration was kept; see the table, and the logs in {folder}")
    _make_rows(options, folder, sum(sum(steps) for steps in report.kept.values()), console)
    if report.lost:
        raise SomethingRefusedError(f"{report.lost} of {options.number} demonstrations are not in {folder / DATASET}")


def task_names(options: DemosOptions, config: Path) -> tuple[str, ...]:
    """The tasks that are shown.

    Raises:
        ConfigError: there is none of a name.
    """
    names = tuple(name.strip() for name in options.tasks.split(",") if name.strip())
    if not names:
        raise ConfigError("no tasks; name some of config/tasks, separated by commas")
    for name in names:
        load_task(config / "tasks", name)
    return names


def generated(options: DemosOptions, names: tuple[str, ...], folder: Path, config: Path) -> DemosReport:
    """Demonstrations in process, written as a dataset."""
    profile = config_file(config, "policy/profiles", options.profile)
    settings = DemonstrationSettings(wander=options.wander, lag=options.lag).model_dump_json()
    scene = config_file(config, "cell", options.cell)
    job = DemonstrationJob(scene, config / "tasks", names, profile, settings=settings)
    seeds = range(options.first_seed, options.first_seed + options.number)
    writer, report = LeRobotWriter(folder / DATASET, load_profile(profile)), DemosReport()
    with ExitStack() as broken_off, progress_bar("demonstrations", options.number) as advance:
        broken_off.callback(writer.abandon)
        for seed, episode in zip(seeds, generate(job, seeds, _processes(options)), strict=True):
            task = names[seed % len(names)]
            if episode is None:
                report.refuse(task, NOT_DONE)
            else:
                writer.add(episode)
                report.keep(task, len(episode))
            advance(1)
        if report.kept:
            writer.close()
            broken_off.pop_all()
    return report


def _processes(options: DemosOptions) -> int:
    return options.processes or os.cpu_count() or 1


def _make_rows(options: DemosOptions, folder: Path, frames: int, console: Console) -> None:
    kinds: Iterable[Kind] = tuple(Kind) if options.codebook else (Kind.CONDITIONED, Kind.TRACE)
    settings = CurationSettings(
        kinds=tuple(kinds),
        depth="measured" if options.codebook else "none",
        codebook=options.codebook,
        tokenizer=options.tokenizer,
    )
    count = _processes(options)
    with progress_bar("frames", frames) as advance:
        made = curate(folder / DATASET, folder / ROWS, settings, ProcessPool(count) if count > 1 else run_here, advance)
    print_curation(made, console)
    console.print(f"rows: {folder / ROWS}", markup=False, soft_wrap=True)

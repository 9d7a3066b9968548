"""What `molmoact data` shows: progress while it works, and tables of what was kept, dropped and made."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from demo_recorder.dataset.converting import ConversionReport
    from molmoact.curation.pipeline import CurationReport


class _Rate(ProgressColumn):
    """Things a second."""

    def render(self, task: Task) -> Text:
        """The newest rate, where there is one."""
        return Text(f"{task.speed:.0f}/s" if task.speed else "")


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar with rate and time left; gives what advances it."""
    columns = TextColumn(what), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.advance(task, done)


def print_conversion(report: "ConversionReport", console: Console | None = None) -> None:
    """Every refused take with its reason, then the counts."""
    console = console or Console()
    for bag, (_, detail) in report.refused.items():
        console.print(f"refused {bag}: {detail}", markup=False, highlight=False, soft_wrap=True)
    table = Table("what became of it", "takes", "rows", title_justify="left")
    table.add_row("kept", str(len(report.kept)), str(sum(report.kept.values())))
    for name, rows in report.dropped.items():
        table.add_row(f"left out: {name}", "", str(rows))
    for reason, count in report.reasons.most_common():
        table.add_row(f"refused: {reason}", str(count), "")
    console.print(table)


def print_curation(report: "CurationReport", console: Console | None = None) -> None:
    """Rows by kind, and how many frames made none."""
    table = Table("rows", "made", "frames without", title_justify="left")
    for kind, rows in report.rows.items():
        table.add_row(kind, str(rows), str(report.frames - rows))
    (console or Console()).print(table)

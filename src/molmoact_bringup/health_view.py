"""Shows a health board: a live table at a terminal, one line for each change elsewhere."""

from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from molmoact_bringup.health import Changes, Level, Row

STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.ERROR: "bold red", Level.STALE: "magenta"}


def table(title: str, rows: list[Row]) -> Table:
    """The rows as a table."""
    result = Table(title=title, title_justify="left", expand=False)
    for column in ("what", "name", "state"):
        result.add_column(column, no_wrap=True)
    result.add_column("detail", overflow="ellipsis", no_wrap=True)
    for row in rows:
        result.add_row(row.kind, Text(row.name), Text(row.state, style=STYLES[row.level]), Text(row.detail))
    return result


class HealthView:
    """Use as a context manager; `show` may be called as often as one likes."""

    def __init__(self, title: str, console: Console) -> None:
        self._title = title
        self._console = console
        self._changes = Changes()
        self._live = Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None

    def __enter__(self) -> "HealthView":
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, rows: list[Row]) -> None:
        """Bring the view up to date."""
        if self._live:
            self._live.update(table(self._title, rows))
            return
        for line in self._changes.lines(rows):
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

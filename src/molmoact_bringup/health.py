"""What is known about a running graph, as rows: its processes, what its nodes report, and the state of its arms."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from molmoact_bringup.processes import Ended

SILENT_AFTER = 5.0
"""Seconds without a report after which a node counts as silent (diagnostics come once a second)."""

ARM_MODES = ("disconnected", "idle", "running", "holding", "stopped", "recovering")
"""Names of ArmState's modes, by number."""

ARM_MODES_OF_CONCERN = {"disconnected", "stopped", "recovering"}

FOLLOWING = {"running", "holding"}
"""Modes between which an arm that follows chunks goes to and fro; as a state of health they are one."""


class Level(IntEnum):
    """How well something is; the numbers of diagnostic_msgs/DiagnosticStatus."""

    OK = 0
    WARN = 1
    ERROR = 2
    STALE = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the health view; `state` is a word that changes seldom, `detail` may change all the time."""

    kind: str
    name: str
    level: Level
    state: str
    detail: str = ""


class HealthBoard:
    """Collects reports; times are seconds of any clock that never goes back, and are passed in."""

    def __init__(self, processes: tuple[str, ...]) -> None:
        self._rows = {("process", name): Row("process", name, Level.OK, "waiting") for name in processes}
        self._heard: dict[tuple[str, str], float] = {}

    def processes_run(self, names: Iterable[str]) -> None:
        """These processes run."""
        for name in names:
            self._put(Row("process", name, Level.OK, "running"))

    def process_ended(self, ended: Ended) -> None:
        """A process is no more."""
        level = Level.ERROR if ended.required or ended.code else Level.WARN
        last = ended.last_lines[-1] if ended.last_lines else ""
        self._put(Row("process", ended.name, level, ended.how(), last))

    def node_reports(self, name: str, level: int, message: str, now: float) -> None:
        """One status of /diagnostics."""
        known = Level(level) if level in set(Level) else Level.ERROR
        self._put(Row("node", name, known, known.name.lower(), message), now)

    def arm_reports(self, arm: str, mode: int, now: float, *, reason: str, command_step: int, dry_run: bool) -> None:
        """One state of an arm, as ArmState has it."""
        state = ARM_MODES[mode] if mode < len(ARM_MODES) else f"mode {mode}"
        level = Level.WARN if state in ARM_MODES_OF_CONCERN else Level.OK
        words = [state if state in FOLLOWING else "", reason, f"{command_step} steps", "dry run" if dry_run else ""]
        detail = ", ".join(word for word in words if word)
        self._put(Row("arm", arm, level, "following" if state in FOLLOWING else state, detail), now)

    def rows(self, now: float) -> list[Row]:
        """Every row, processes first; what has been silent too long says so."""
        return [self._aged(key, row, now) for key, row in self._rows.items()]

    def _put(self, row: Row, now: float | None = None) -> None:
        key = (row.kind, row.name)
        self._rows[key] = row
        if now is not None:
            self._heard[key] = now

    def _aged(self, key: tuple[str, str], row: Row, now: float) -> Row:
        if now - self._heard.get(key, now) <= SILENT_AFTER:
            return row
        return Row(row.kind, row.name, Level.STALE, "silent", f"last: {row.state}")


class Changes:
    """Turns rows into lines, one for each row whose state is another than at the last look."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], str] = {}

    def lines(self, rows: list[Row]) -> list[str]:
        """One line a change; the first look reports every row."""
        lines = []
        for row in rows:
            key = (row.kind, row.name)
            if self._last.get(key) != row.state:
                self._last[key] = row.state
                lines.append(f"{row.kind} {row.name}: {row.state}" + (f" ({row.detail})" if row.detail else ""))
        return lines

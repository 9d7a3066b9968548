"""The rows of an experiment: one line of JSON a trial, on the disk before the next trial begins."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from molmoact_common.errors import UserError


class RowsError(UserError):
    """The file of rows cannot be read, or belongs to another experiment."""


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one trial.

    Attributes:
        number: of the trial in the plan.
        policy: which policy acted.
        task: what was tried.
        condition: how it differed from the training.
        start: which start of its cell.
        score: progress, 0..1.
        success: whether the task was done.
        seconds: from the first chunk to success or the end, in the clock of the graph.
        stage: last stage of the rubric that was reached; empty where a simulator scored.
        interventions: times that a person took over or stopped it.
        gate: check of the bridge's gate -> chunks that it changed or refused.
        note: of the scorer, on a failure.
        bag: folder of its recording, relative to the experiment's; empty: none.
    """

    number: int
    policy: str
    task: str
    condition: str
    start: int
    score: float
    success: bool
    seconds: float
    stage: str = ""
    interventions: int = 0
    gate: Mapping[str, int] = field(default_factory=dict)
    note: str = ""
    bag: str = ""


_ROW = TypeAdapter(Row)


class Rows:
    """The rows of one experiment, in a file to which they are only ever appended."""

    def __init__(self, path: Path) -> None:
        """Read what is there; a last line that a kill cut short is dropped, since its trial will be run again.

        Raises:
            RowsError: a line that is no row.
        """
        self._path = path
        self._rows: dict[int, Row] = {}
        content = path.read_bytes() if path.is_file() else b""
        whole, _, cut = content.rpartition(b"\n")
        if cut:
            os.truncate(path, len(content) - len(cut))
        for number, line in enumerate(whole.splitlines(), 1):
            row = _parsed(line, f"{path}, line {number}")
            if row.number in self._rows:
                raise RowsError(f"{path}, line {number}: trial {row.number} stands there twice; delete one line")
            self._rows[row.number] = row

    def __iter__(self) -> Any:
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, number: int) -> bool:
        return number in self._rows

    def add(self, row: Row) -> None:
        """Append a row; it is on the disk when this returns.

        Raises:
            RowsError: this trial has a row already.
        """
        if row.number in self._rows:
            raise RowsError(f"trial {row.number} has a row already in {self._path}")
        with self._path.open("ab") as file:
            file.write(json.dumps(asdict(row)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._rows[row.number] = row


def _parsed(line: bytes, where: str) -> Row:
    try:
        return _ROW.validate_json(line)
    except ValidationError as error:
        raise RowsError(f"{where}: no row of a trial: {error.errors()[0]['msg']}; mend or delete the line") from error

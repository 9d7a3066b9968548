"""Per-trial tables as others have printed them: recomputed, and where the printed averages disagree, that is said."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from molmoact_common.errors import UserError
from trial_runner.statistics.intervals import Progress, progress

AVERAGE = "average"
TRIAL = "trial"


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """Scores a trial and policy, and the averages that stand below them in print.

    Attributes:
        name: of the task.
        scores: policy -> its trials.
        averages: policy -> printed average and the number of its decimals; empty where none is printed.
    """

    name: str
    scores: Mapping[str, Sequence[float]]
    averages: Mapping[str, tuple[float, int]]

    def progress(self) -> dict[str, Progress]:
        """Policy -> mean and standard error of the rows."""
        return {policy: progress(scores) for policy, scores in self.scores.items()}

    def disagreements(self) -> list[str]:
        """A line for each printed average that its own rows do not give, to the decimals that are printed."""
        lines = []
        for policy, (printed, decimals) in self.averages.items():
            mean = self.progress()[policy].mean
            if abs(mean - printed) > 0.5 * 10**-decimals + 1e-9:
                lines.append(f"{self.name}, {policy}: the rows average {mean:.{decimals}f}, printed is {printed:g}")
        return lines


def read_printed_table(path: Path) -> PrintedTable:
    """A CSV file: a column "trial", one a policy, a row a trial, and at the end a row "average" where one is printed.

    Raises:
        UserError: unreadable, or a cell that is no score of 0..1.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"cannot read {path}: {error}") from error
    if not rows or TRIAL not in rows[0]:
        raise UserError(f'{path}: the first line must name the columns: "{TRIAL}" and one a policy')
    trials = [row for row in rows if row[TRIAL] != AVERAGE]
    printed = next((row for row in rows if row[TRIAL] == AVERAGE), {})
    policies = [name for name in rows[0] if name != TRIAL]
    scores = {policy: [_score(path, row, policy) for row in trials] for policy in policies}
    averages = {p: (_score(path, printed, p), len(printed[p].partition(".")[2])) for p in policies if printed}
    return PrintedTable(path.stem, scores, averages)


def _score(path: Path, row: Mapping[str, str], policy: str) -> float:
    try:
        score = float(row[policy])
    except (TypeError, ValueError):
        score = -1.0
    if not 0 <= score <= 1:
        raise UserError(f"{path}: trial {row[TRIAL]}, {policy}: {row[policy]!r} is no score of 0..1")
    return score

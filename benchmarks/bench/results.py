"""Figures of a benchmark: spreads of many values, and the sections that become tables and JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

SPREAD = ("median", "mean", "p99", "max", "count")
"""Columns of `spread`."""

Row = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One table.

    Attributes:
        name: title; its words in brackets are the unit of the figures.
        columns: what each figure of a row is.
        rows: label -> figures in the order of the columns; None where there is none.
        note: what one has to know to read them.
    """

    name: str
    columns: tuple[str, ...]
    rows: Mapping[str, Row]
    note: str = ""

    def as_json(self) -> dict[str, object]:
        """Label -> column -> figure, and the note."""
        rows = {label: dict(zip(self.columns, row, strict=True)) for label, row in self.rows.items()}
        return {"rows": rows, "note": self.note}


def spread(values: Sequence[float]) -> Row:
    """Figures of `SPREAD` over at least one value.

    The p99 of fewer than a hundred values lies between the two largest.
    """
    median, p99 = np.percentile(values, [50, 99])
    return float(median), float(np.mean(values)), float(p99), float(np.max(values)), len(values)

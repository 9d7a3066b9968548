"""What an experiment's lines of JSON amount to, worked out from textbook formulas and none of the product's code."""

import json
import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Z = 1.959963984540054
"""97.5 % quantile of the normal distribution."""

NUISANCE = np.linspace(0.0005, 0.9995, 1999)
"""Success rates, the same for both policies, over which Barnard's test takes the worst."""

Key = tuple[str, str, str]
"""Task, condition and policy."""


def read_rows(folder: Path) -> list[dict[str, Any]]:
    """The rows of the experiment in `folder`, in the order in which they were written."""
    return [json.loads(line) for line in (folder / "trials.jsonl").read_text(encoding="utf-8").splitlines()]


def tried(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str, int]]:
    """Task, condition, policy and start of each row, sorted: what must be there once, and only once."""
    return sorted((row["task"], row["condition"], row["policy"], row["start"]) for row in rows)


def expected_cells(rows: Sequence[Mapping[str, Any]]) -> dict[Key, tuple[str, str]]:
    """How progress and success of each cell must stand in a report."""
    scores: dict[Key, list[float]] = defaultdict(list)
    wins: dict[Key, int] = defaultdict(int)
    for row in rows:
        for key in ((row["task"], row["condition"], row["policy"]), ("all", "all", row["policy"])):
            scores[key].append(row["score"])
            wins[key] += row["success"]
    return {key: (progress_text(scores[key]), success_text(wins[key], len(scores[key]))) for key in scores}


def progress_text(scores: Sequence[float]) -> str:
    """Mean ± standard error (n - 1)."""
    count, mean = len(scores), sum(scores) / len(scores)
    if count == 1:
        return f"{mean:.2f} ± –"
    error = math.sqrt(sum((score - mean) ** 2 for score in scores) / (count - 1) / count)
    return f"{mean:.2f} ± {error:.2f}"


def success_text(wins: int, count: int) -> str:
    """Successes, their share, and Wilson's interval."""
    share, scale = wins / count, 1 + Z * Z / count
    centre = (share + Z * Z / (2 * count)) / scale
    half = Z / scale * math.sqrt(share * (1 - share) / count + Z * Z / (4 * count * count))
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return f"{wins}/{count} ({share:.0%}, {low:.0%} to {high:.0%})"


def barnard(ours: int, theirs: int, count: int) -> float:
    """Two-sided p of Barnard's exact test, summed over every table at least as uneven, at the worst success rate."""
    a, b = np.meshgrid(np.arange(count + 1), np.arange(count + 1), indexing="ij")
    pooled = (a + b) / (2 * count)
    spread = np.sqrt(pooled * (1 - pooled) * 2 / count)
    statistic = np.abs(a - b) / count / np.where(spread > 0, spread, 1)
    extreme = statistic >= statistic[ours, theirs] - 1e-12
    ways = np.array([[math.comb(count, i) * math.comb(count, j) for j in range(count + 1)] for i in range(count + 1)])
    chance = [float((ways * rate ** (a + b) * (1 - rate) ** (2 * count - a - b))[extreme].sum()) for rate in NUISANCE]
    return max(chance)


def reported_cells(page: str) -> dict[Key, tuple[str, str]]:
    """The same as a report's page has it: the first table, read as text."""
    table = page[page.index("<table>") : page.index("</table>")]
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in table.split("<tr>")]
    return {(row[0], row[1], row[2]): (row[3], row[4]) for row in rows if row}

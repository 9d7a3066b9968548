"""How long the bridge's control cycles take, as its own diagnostics in the bag of a run say once a second."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bench.results import SPREAD, Row, Section, spread
from demo_recorder.reading import BagReader
from molmoact_common.errors import UserError

BRIDGE = "franka_bridge"

FIGURES = {
    "work in a cycle: p50 of each second": "tick_p50_ms",
    "work in a cycle: p99 of each second": "tick_p99_ms",
    "work in a cycle: longest of each second": "tick_max_ms",
    "cycle to cycle: longest of each second": "period_max_ms",
}
"""Label -> key of the bridge's diagnostics."""

NOTE = "Reading the arms, gate, commands and publishing, of 10 ms; on the wall clock of the bridge itself. Whole run."


def tick_section(bag: Path) -> Section:
    """Spread over the seconds of a run.

    Raises:
        UserError: the bridge reported none.
    """
    with BagReader(bag) as reader:
        reports = [values for _, _, message in reader.entries(["/diagnostics"]) for values in bridge_values(message)]
    rows = tick_rows(reports)
    if not rows:
        raise UserError(f"no diagnostics of the bridge in {bag}; see its log beside the bag")
    return Section("bridge, control cycles (ms)", SPREAD, rows, NOTE)


def tick_rows(reports: Iterable[Mapping[str, str]]) -> dict[str, Row]:
    """A row for each figure that was reported at least once."""
    reports = list(reports)
    found = {label: [float(one[key]) for one in reports if key in one] for label, key in FIGURES.items()}
    return {label: spread(values) for label, values in found.items() if values}


def bridge_values(message: Any) -> Iterable[Mapping[str, str]]:
    """Key -> value of each status in a diagnostics message that is the bridge's."""
    for status in message.status:
        if status.name == BRIDGE:
            yield {entry.key: entry.value for entry in status.values}

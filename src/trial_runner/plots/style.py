"""Colours and manners that all pictures of the report share, so that a thing has one colour wherever it is shown."""

from collections.abc import Mapping
from typing import Any

from matplotlib import rc_context

from demo_recorder.records import ArmMode
from trial_runner.latencies import STAGE_LABELS
from trial_runner.run_data import Verdict

INK, MUTED, GRID, PAPER = "#1f2933", "#7b8794", "#e4e7eb", "#ffffff"
COMMANDED, MEASURED = "#2b6cb0", "#dd6b20"
GRIPPER = "#805ad5"
ARMS = ("#4a5568", "#b7791f")
AXES = ("#c05621", "#2f855a", "#2b6cb0")
PREDICTED, DRAWN = "#ffd43b", "#22d3ee"

VERDICTS: Mapping[Verdict, str] = {
    Verdict.FINISHED: "#2f9e8f",
    Verdict.REPLACED: "#5fb3a6",
    Verdict.DISCARDED: "#e0a526",
    Verdict.REFUSED: "#c53030",
    Verdict.UNANSWERED: "#805ad5",
    Verdict.OPEN: "#a0aec0",
}

MODES: Mapping[ArmMode, str] = {
    ArmMode.DISCONNECTED: "#2d3748",
    ArmMode.IDLE: "#edf0f3",
    ArmMode.RUNNING: "#9fd5cd",
    ArmMode.HOLDING: "#f3dca0",
    ArmMode.STOPPED: "#e58a8a",
    ArmMode.RECOVERING: "#c8b6ee",
}

STAGES: Mapping[str, str] = dict(
    zip(
        STAGE_LABELS.values(),
        ("#cbd5e0", "#a3b8cc", "#5b8db8", "#2b6cb0", "#234e7d", "#172f4d", "#f0c27a", "#dd8a3a", "#9fd5cd"),
        strict=True,
    )
)

_SETTINGS: Mapping[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GRID,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": GRID,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "figure.facecolor": PAPER,
}


def report_style() -> Any:
    """Context in which the report's figures are made."""
    return rc_context(dict(_SETTINGS))


def say_nothing_there(figure: Any, what: str) -> None:
    """One line in place of a picture for which the bag holds no data."""
    figure.text(0.5, 0.5, what, ha="center", va="center", color=MUTED)

"""Takes to a dataset: each is written or refused, and a report says what was kept and why the rest was not."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from demo_recorder.dataset.refusal import Reason, RefusedTakeError
from demo_recorder.dataset.settings import ConversionSettings
from demo_recorder.dataset.take import episode_of
from molmoact.curation.calibration import Calibration
from molmoact.curation.lerobot_writer import LeRobotWriter
from molmoact.profile import CheckpointProfile
from molmoact_common.errors import ConfigError

REPORT_FILE = "meta/conversion.json"


@dataclass(slots=True)
class ConversionReport:
    """What became of the takes.

    Attributes:
        kept: bag -> rows of its episode.
        refused: bag -> kind of refusal and its detail.
        dropped: filter -> rows that it left out of kept takes.
    """

    kept: dict[str, int] = field(default_factory=dict)
    refused: dict[str, tuple[Reason, str]] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)

    @property
    def reasons(self) -> Counter[Reason]:
        """Kind of refusal -> takes."""
        return Counter(reason for reason, _ in self.refused.values())

    def as_json(self) -> str:
        """For the dataset's folder."""
        content = {"kept": self.kept, "refused": self.refused, "dropped_rows": self.dropped, "reasons": self.reasons}
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def convert(
    bags: Sequence[Path],
    output: Path,
    profile: CheckpointProfile,
    settings: ConversionSettings,
    calibration: Calibration | None = None,
    *,
    progress: Callable[[Path], None] = lambda _: None,
) -> ConversionReport:
    """Write a LeRobot v3 dataset of `bags`.

    Args:
        bags: takes, in the order of the episodes.
        output: folder of the dataset; must not exist.
        profile: views, arms and conventions; goes with the dataset.
        settings: what is wanted.
        calibration: of the cameras.
        progress: called after each take.

    Raises:
        ConfigError: the folder cannot be made, or every take was refused (the reasons are in the error then).
    """
    writer = LeRobotWriter(output, profile)
    report = ConversionReport()
    for bag in bags:
        _convert_one(bag, writer, (profile, settings, calibration), report)
        progress(bag)
    if not report.kept:
        reasons = ", ".join(f"{reason} ({count})" for reason, count in report.reasons.items())
        writer.abandon()
        raise ConfigError(f"none of {len(bags)} takes could be converted: {reasons}; see `molmoact bags check`")
    writer.close()
    (output / REPORT_FILE).write_text(report.as_json(), encoding="utf-8")
    return report


def _convert_one(
    bag: Path,
    writer: LeRobotWriter,
    how: tuple[CheckpointProfile, ConversionSettings, Calibration | None],
    report: ConversionReport,
) -> None:
    dropped: Counter[str] = Counter()
    try:
        episode = episode_of(bag, *how, dropped)
        writer.add(episode)
    except RefusedTakeError as error:
        report.refused[str(bag)] = (error.reason, str(error))
    except ConfigError as error:
        report.refused[str(bag)] = (Reason.OTHER_PICTURES, str(error))
    else:
        report.kept[str(bag)] = len(episode)
        report.dropped += dropped

"""Rows as a person wants to see them: what the answer says, read back by the same code that reads a model's answers."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from molmoact.curation.conventions import rows_profile_path
from molmoact.curation.pipeline import JOB_FILE, symbols_of
from molmoact.curation.settings import CurationSettings
from molmoact.curation.shards import STATISTICS_FILE
from molmoact.depth.codebook import DepthCodebook
from molmoact.profile import CheckpointProfile, load_profile
from molmoact.protocol.actions import physical, un_normalise, values_of
from molmoact.protocol.answer import AnswerError, parse_answer, read_depth
from molmoact.protocol.statistics import ActionStatistics, choose_statistics
from molmoact.protocol.symbols import ActionSymbols
from molmoact.training.rows import Row
from molmoact_common.errors import ConfigError

_POINTS = re.compile(r"\[\[[\d\s,\[\]]*\]\]")


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer tells.

    Attributes:
        depth: 100 codes; empty: nothing of it.
        traces: points (x, y) in 0..255, one an arm; empty: nothing of them.
        deltas: shape (steps, 7 * arms), metres, radians, opening; None: nothing of them.
    """

    depth: tuple[int, ...] = ()
    traces: tuple[tuple[tuple[int, int], ...], ...] = ()
    deltas: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads rows that `molmoact data curate` made.

    Attributes:
        profile: of the checkpoint that they are for.
        statistics: of the dataset that they are of.
        symbols: that their actions are written in.
        codebook: that their depth codes are of; None: it is not where it was.
    """

    profile: CheckpointProfile
    statistics: ActionStatistics
    symbols: ActionSymbols
    codebook: DepthCodebook | None

    @classmethod
    def of(cls, folder: Path) -> "RowReader":
        """For the sets of rows in `folder`.

        Raises:
            ConfigError: no profile or no statistics there.
            CheckpointError: statistics that make no sense, or a codebook that cannot be read.
        """
        path = rows_profile_path(folder / "set")
        if path is None or not (folder / STATISTICS_FILE).is_file():
            raise ConfigError(f"{folder} has no profile and statistics beside its rows; name what data curate wrote")
        profile, made = load_profile(path), _settings(folder)
        content = json.loads((folder / STATISTICS_FILE).read_text(encoding="utf-8"))
        known = made.codebook if made and made.codebook and made.codebook.is_file() else None
        return cls(
            profile=profile,
            statistics=choose_statistics(content, profile.statistics_key),
            symbols=symbols_of(made.tokenizer if made else None),
            codebook=DepthCodebook.load(known) if known else None,
        )

    def told(self, row: Row) -> Told:
        """What the first answer of a row tells.

        Raises:
            AnswerError: it is none.
        """
        text = row.dialogue[0][1]
        if "action" not in text:
            return Told(depth=read_depth(text)) if "<DEPTH_START>" in text else Told(traces=_traces(text))
        answer = parse_answer(
            text, self.symbols, steps=self.profile.steps, arms=len(self.profile.arms), steered=bool(row.drawn)
        )
        deltas = physical(un_normalise(values_of(answer.bins), self.statistics), self.profile)
        return Told(answer.depth, answer.traces, deltas)


def _settings(folder: Path) -> CurationSettings | None:
    """How the rows were made; None where they come from elsewhere."""
    path = folder / JOB_FILE
    if not path.is_file():
        return None
    return CurationSettings.model_validate(json.loads(path.read_text(encoding="utf-8"))["settings"])


def _traces(text: str) -> tuple[tuple[tuple[int, int], ...], ...]:
    found = _POINTS.findall(text)
    if not found:
        raise AnswerError(f"neither depth, trace nor action in {text[:80]!r}")
    return tuple(tuple((int(x), int(y)) for x, y in json.loads(points)) for points in found)

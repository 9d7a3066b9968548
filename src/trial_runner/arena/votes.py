"""The votes of an arena: a line of JSON each, on the disk before the next pair is shown; it may end at any time."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from molmoact_common.errors import UserError
from trial_runner.arena.pairs import Pair
from trial_runner.statistics.arena import Vote


class Choice(StrEnum):
    """What a person says of a pair."""

    LEFT = "left"
    RIGHT = "right"
    TIE = "tie"
    SKIP = "skip"


SCORES = {Choice.LEFT: 1.0, Choice.RIGHT: 0.0, Choice.TIE: 0.5}


class VotesError(UserError):
    """The file of votes cannot be read."""


@dataclass(frozen=True, slots=True)
class Line:
    """One vote: which pair, which policies stood where, and what was said."""

    pair: str
    left: str
    right: str
    choice: Choice


_LINE = TypeAdapter(Line)


class Votes:
    """A file of votes, to which they are only ever appended."""

    def __init__(self, path: Path) -> None:
        """Read what is there; a last line that a kill cut short is dropped.

        Raises:
            VotesError: a line that is no vote.
        """
        self._path = path
        content = path.read_bytes() if path.is_file() else b""
        whole, _, cut = content.rpartition(b"\n")
        if cut:
            os.truncate(path, len(content) - len(cut))
        self._lines = [_parsed(line, f"{path}, line {number}") for number, line in enumerate(whole.splitlines(), 1)]
        self._seen = {line.pair for line in self._lines}

    @property
    def lines(self) -> Sequence[Line]:
        """Every vote, in the order of voting."""
        return self._lines

    def left(self, pairs: Sequence[Pair]) -> list[Pair]:
        """Those of `pairs` of which nobody has said anything yet."""
        return [pair for pair in pairs if pair.key not in self._seen]

    def add(self, pair: Pair, choice: Choice) -> None:
        """Keep a vote; it is on the disk when this returns.

        Raises:
            VotesError: this pair was voted on already.
        """
        if pair.key in self._seen:
            raise VotesError("this pair was voted on already; load the page again")
        line = Line(pair.key, pair.left.policy, pair.right.policy, choice)
        with self._path.open("ab") as file:
            file.write(json.dumps(asdict(line)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._lines.append(line)
        self._seen.add(line.pair)

    def counted(self) -> list[Vote]:
        """The votes that say something, as the ranking takes them."""
        return [Vote(line.left, line.right, SCORES[line.choice]) for line in self._lines if line.choice in SCORES]


def _parsed(line: bytes, where: str) -> Line:
    try:
        return _LINE.validate_json(line)
    except ValidationError as error:
        raise VotesError(f"{where}: no vote: {error.errors()[0]['msg']}; mend or delete the line") from error

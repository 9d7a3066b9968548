"""An arena in its folder: the pairs that are left, their pictures made when they are needed, and the votes."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trial_runner.arena.pairs import Pair
from trial_runner.arena.pictures import Of, UnseenError, asked, write_pair
from trial_runner.arena.votes import Choice, Votes

VOTES = "votes.jsonl"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a voter gets: number of the pair, the task's name, what was asked for, and the picture's file."""

    number: int
    task: str
    instruction: str
    picture: Path


class Arena:
    """What a terminal or a page needs; may be used from several threads."""

    def __init__(self, pairs: Sequence[Pair], folder: Path, of: Of) -> None:
        """`folder` is made where it is not there.

        Raises:
            UserError: its votes cannot be read.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._pairs = pairs
        self._of: Of = of
        self._folder = folder
        self._votes = Votes(folder / VOTES)
        self._unseen: set[str] = set()
        self._shown: Shown | None = None
        self._lock = threading.RLock()

    @property
    def voted(self) -> int:
        """Pairs that were voted on (or skipped)."""
        return len(self._pairs) - len(self._votes.left(self._pairs))

    @property
    def total(self) -> int:
        """All pairs."""
        return len(self._pairs)

    def next_pair(self) -> Shown | None:
        """The next pair to vote on; None when there is none.

        Pairs that cannot be shown (no picture, no trace) are passed over; they wait for another kind of picture.
        """
        with self._lock:
            left = [pair for pair in self._votes.left(self._pairs) if pair.key not in self._unseen]
            if self._shown is None or self._pairs[self._shown.number] not in left:
                self._shown = next((shown for pair in left if (shown := self._drawn(pair))), None)
            return self._shown

    def vote(self, number: int, choice: Choice) -> None:
        """Keep what was said of pair `number`.

        Raises:
            VotesError: it was voted on already.
        """
        with self._lock:
            self._votes.add(self._pairs[number], choice)

    def _drawn(self, pair: Pair) -> Shown | None:
        number = self._pairs.index(pair)
        target = self._folder / f"{self._of}-{number:04d}.webp"
        try:
            write_pair(pair, self._of, target)
        except UnseenError:
            self._unseen.add(pair.key)
            return None
        return Shown(number, pair.left.task, asked(pair.left), target)

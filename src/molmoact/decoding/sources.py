"""Where guesses of the next token come from: each source remembers something of what was written so far.

A guess is looked up by where the answer stands in the grammar, not by how many tokens came before, so that a symbol
of three tokens in place of one of two shifts nothing behind it.
"""

from collections import defaultdict
from typing import NamedTuple

from molmoact.decoding.constraint import Constraint, Shape, State
from molmoact.protocol.grammar import Part

DEPTH_COLUMNS = 10
"""Depth codes stand row-major in a square."""


class Spot(NamedTuple):
    """Where a token is guessed: the grammar's state, and the token before it (-1: the answer begins)."""

    state: State
    before: int


class Source:
    """A source that knows nothing; others override what they need."""

    def begin(self, steps: int) -> None:
        """A new answer begins; the arm has made `steps` rows of the last one's action."""

    def guess(self, spot: Spot) -> int | None:
        """The next token, as far as this source can tell."""
        return None

    def wrote(self, spot: Spot, token: int) -> None:
        """`token` is what the answer has here."""

    def expects(self, spot: Spot, token: int) -> None:
        """`token` is what the model would write here, behind guesses of which at least one was wrong."""

    def teach(self, spot: Spot, token: int) -> None:
        """`token` could stand here: the tokenizer would cut the text so."""


class Jacobi(Source):
    """What the model itself expected at this place in an earlier pass, though behind something else."""

    def __init__(self) -> None:
        self._expected: dict[State, int] = {}

    def begin(self, steps: int) -> None:
        """Expectations are of one picture."""
        self._expected.clear()

    def guess(self, spot: Spot) -> int | None:
        """The newest expectation."""
        return self._expected.get(spot.state)

    def expects(self, spot: Spot, token: int) -> None:
        """Keep it."""
        self._expected[spot.state] = token


class Previous(Source):
    """The last whole answer, its action moved up by the rows that the arm has made since."""

    def __init__(self, constraint: Constraint) -> None:
        grammar = constraint.grammar
        action = [index for index, place in enumerate(grammar.places) if place.part is Part.ACTION]
        self._first, self._past = action[0], action[-1] + 2
        self._row = grammar.step_places
        self._answer: dict[State, int] = {}
        self._growing: dict[State, int] = {}
        self._constraint = constraint

    def begin(self, steps: int) -> None:
        """Move the action; a cancelled answer leaves the one before it."""
        self._growing = {}
        self._answer = self._moved(steps) if steps else self._answer

    def guess(self, spot: Spot) -> int | None:
        """What stood here, or in the row that is now here."""
        return self._answer.get(spot.state)

    def wrote(self, spot: Spot, token: int) -> None:
        """Keep it for the next answer."""
        self._growing[spot.state] = token
        behind = self._constraint.after(spot.state, token)
        if behind and not self._constraint.ids(behind):
            self._answer = self._growing

    def _moved(self, steps: int) -> dict[State, int]:
        """Row n gets what row n + steps had; those past the end hold the last row."""
        rows: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
        moved: dict[State, int] = {}
        for (place, inside), token in self._answer.items():
            if self._first <= place < self._past:
                row, column = divmod(place - self._first, self._row)
                rows[row].append((column, inside, token))
            else:
                moved[State(place, inside)] = token
        for row in range(len(rows)):
            for column, inside, token in rows[min(row + steps, len(rows) - 1)]:
                moved[State(self._first + row * self._row + column, inside)] = token
        return moved


class Above(Source):
    """The row above in this answer: the depth code one row up, the same value one step earlier."""

    def __init__(self, constraint: Constraint) -> None:
        self._constraint = constraint
        self._written: dict[State, int] = {}
        self._periods = {Part.DEPTH: DEPTH_COLUMNS, Part.ACTION: constraint.grammar.step_places}

    def begin(self, steps: int) -> None:
        """Nothing stands above the first row."""
        self._written.clear()

    def guess(self, spot: Spot) -> int | None:
        """From the nearest row that is written."""
        place, inside = spot.state
        period = self._periods.get(self._constraint.part(spot.state), place + 1)
        for above in range(place - period, -1, -period):
            token = self._written.get(State(above, inside))
            if token is not None:
                return token
        return None

    def wrote(self, spot: Spot, token: int) -> None:
        """Keep it."""
        self._written[spot.state] = token


class Habit(Source):
    """What was last written in a like place behind the same token, or behind any.

    It knows how the model spells what the grammar leaves no choice in but the cut into tokens.
    """

    def __init__(self, constraint: Constraint) -> None:
        self._constraint = constraint
        self._pairs: dict[tuple[Shape, int], int] = {}
        self._last: dict[Shape, int] = {}

    def guess(self, spot: Spot) -> int | None:
        """The pair's, else the place's."""
        shape = self._constraint.shape(spot.state)
        return self._pairs.get((shape, spot.before), self._last.get(shape))

    def wrote(self, spot: Spot, token: int) -> None:
        """Keep it."""
        shape = self._constraint.shape(spot.state)
        self._pairs[shape, spot.before] = self._last[shape] = token

    def teach(self, spot: Spot, token: int) -> None:
        """Keep it, until something else is written."""
        self.wrote(spot, token)

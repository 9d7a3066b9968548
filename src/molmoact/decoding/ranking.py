"""Which source is asked first: the one that was right most often in this part of an answer."""

from collections.abc import Sequence

from molmoact.decoding.constraint import Constraint
from molmoact.decoding.sources import Source, Spot
from molmoact.protocol.grammar import Part

UNKNOWN = 0.5
"""Chance of a source that was not heard yet."""

PACE = 1 / 32
"""Weight of one more guess in a source's chance: some three rows of an action change it thoroughly."""


class Ranking:
    """Sources, judged by every token that becomes certain.

    What a model expects behind a wrong guess (Jacobi) helps with some weights and harms with others, and what the last
    answer says depends on how the arm moves; so neither is given precedence by hand.
    """

    def __init__(self, sources: Sequence[Source], constraint: Constraint) -> None:
        """`sources` in the order in which they are asked until they are known better."""
        self._sources = tuple(sources)
        self._constraint = constraint
        self._chances = {part: [UNKNOWN] * len(self._sources) for part in Part}
        self._orders: dict[Part, list[tuple[float, Source]]] = {}

    def begin(self, steps: int) -> None:
        """A new answer begins (see `Source.begin`)."""
        for source in self._sources:
            source.begin(steps)

    def sort(self) -> None:
        """Order the sources by what is known of them now; before each draft."""
        for part, chances in self._chances.items():
            pairs = zip(chances, self._sources, strict=True)
            self._orders[part] = sorted(pairs, key=lambda pair: -pair[0])

    def guess(self, spot: Spot) -> tuple[int, float] | None:
        """The next token that the grammar allows, and its chance; None: nobody knows one."""
        for chance, source in self._orders[self._constraint.part(spot.state)]:
            token = source.guess(spot)
            if token is not None and self._constraint.after(spot.state, token) is not None:
                return token, chance
        return None

    def wrote(self, spot: Spot, token: int) -> None:
        """`token` is what the answer has here: sources are judged by it, then learn it."""
        chances = self._chances[self._constraint.part(spot.state)]
        for number, source in enumerate(self._sources):
            guess = source.guess(spot)
            if guess is not None:
                chances[number] += PACE * ((guess == token) - chances[number])
            source.wrote(spot, token)

    def expects(self, spot: Spot, token: int) -> None:
        """See `Source.expects`."""
        for source in self._sources:
            source.expects(spot, token)

    def teach(self, spot: Spot, token: int) -> None:
        """See `Source.teach`."""
        for source in self._sources:
            source.teach(spot, token)

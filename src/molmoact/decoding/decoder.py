"""Fast decoding: guesses of many tokens are verified in one pass, and what is given is what greedy decoding gives.

Tokens flow from top to bottom: the prefill and each later pass take guesses along; the choice at each of them is the
model's own; guesses that equal it are kept up to the first that does not, where the model's choice stands instead.
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from molmoact.decoding.constraint import Constraint
from molmoact.decoding.passes import Passes
from molmoact.decoding.ranking import Ranking
from molmoact.decoding.sources import Source, Spot

NOTHING = -1
"""In place of a token before the answer's first."""


@dataclass(frozen=True, slots=True)
class Made:
    """What one pass made certain.

    Attributes:
        tokens: ids, at least one.
        guessed: how many guesses stood in the pass.
    """

    tokens: tuple[int, ...]
    guessed: int


class Decoder:
    """Decodes one answer after the other over one cache.

    Args:
        passes: of the model.
        constraint: grammar of the answers; guesses keep to it always.
        sources: asked in this order for each guess.
        window: most positions of a pass.
        worth: a draft ends where the chance that a guess counts falls below this: about what a position more costs,
            in passes.
        free: the model may leave the grammar; from there on nothing is guessed.
    """

    def __init__(
        self,
        passes: Passes,
        constraint: Constraint,
        sources: Sequence[Source],
        *,
        window: int,
        worth: float = 0.0,
        free: bool = False,
    ) -> None:
        self._passes = passes
        self._constraint = constraint
        self._ranking = Ranking(sources, constraint)
        self._window = window
        self._worth = worth
        self._free = free

    def decode(self, inputs: Mapping[str, Tensor], *, end_id: int, limit: int, steps: int = 0) -> Generator[Made]:
        """Decode one prompt, giving what each pass made certain. Closing the iterator stops between two passes.

        Args:
            inputs: of the processor, batch 1, on the model's device.
            end_id: ends the answer; it is given too.
            limit: most ids to give; an answer that has no end by then, or before the cache is full, just stops.
            steps: rows of the last answer's action that the arm has made since.

        Raises:
            PromptError: the prompt does not fit.
        """
        self._ranking.begin(steps)
        spot: Spot | None = Spot(self._constraint.start, NOTHING)
        free_places = self._passes.capacity - inputs["input_ids"].shape[1]
        # a prefill has the prompt's shape; where shapes decide, nothing may be added to it
        draft = self._draft(spot, 0 if self._passes.width else min(self._window - 1, free_places), end_id)
        logits = self._passes.prefill(inputs, draft.tokens)
        left = min(limit, self._passes.room + len(draft.tokens) + 1)
        while True:
            kept, fresh, spot = self._verify(logits, draft, end_id)
            self._passes.drop(len(draft.tokens) - len(kept))
            tokens = [*kept, *fresh][:left]
            yield Made(tuple(tokens), len(draft.tokens))
            left -= len(tokens)
            if not left or tokens[-1] == end_id:
                return
            draft = self._draft(spot, min(self._window - len(fresh), left - 1), end_id)
            logits = self._passes.extend([*fresh, *draft.tokens])[len(fresh) - 1 :]

    def teach(self, tokens: Iterable[int]) -> None:
        """Show the sources an answer that could be written, for what they remember from answer to answer."""
        spot: Spot | None = Spot(self._constraint.start, NOTHING)
        for token in tokens:
            if spot is not None:
                self._ranking.teach(spot, token)
                spot = self._behind(spot, token)

    def _draft(self, spot: Spot | None, room: int, end_id: int) -> "Draft":
        """Up to `room` guesses, as long as they are worth their place; the end of the answer is never one."""
        self._ranking.sort()
        draft, chance = Draft([spot]), 1.0
        while spot is not None and len(draft.tokens) < room:
            guess = self._ranking.guess(spot)
            if guess is None or guess[0] == end_id:
                break
            chance *= guess[1]
            if chance < self._worth:
                break
            spot = self._behind(spot, guess[0])
            draft.tokens.append(guess[0])
            draft.spots.append(spot)
        return draft

    def _verify(self, logits: Tensor, draft: "Draft", end_id: int) -> tuple[list[int], list[int], Spot | None]:
        """The guesses that hold, what the model writes behind them, and where that leads."""
        chosen = self._choose(logits, draft.spots)
        held = [guess == choice for guess, choice in zip(draft.tokens, chosen, strict=False)]
        count = held.index(False) if False in held else len(held)
        spot: Spot | None = None
        for place, choice in zip(draft.spots[: count + 1], chosen, strict=False):
            spot = self._write(place, choice)
        for place, choice in zip(draft.spots[count + 1 :], chosen[count + 1 :], strict=True):
            if place:
                self._ranking.expects(place, choice)
        fresh = [chosen[count]]
        while spot and not self._free and len(fresh) < self._window and fresh[-1] != end_id:
            only = self._constraint.ids(spot.state)
            if len(only) != 1:
                break
            fresh.append(only[0])
            spot = self._write(spot, only[0])
        return draft.tokens[:count], fresh, spot

    def _choose(self, logits: Tensor, spots: Sequence[Spot | None]) -> list[int]:
        states = [spot.state for spot in spots if spot]
        if self._free or not states:
            best: list[int] = logits.float().argmax(-1).tolist()
            return best
        return self._constraint.choose(logits, states)

    def _write(self, spot: Spot | None, token: int) -> Spot | None:
        """Tell the sources of a certain token; the spot behind it, None outside the grammar."""
        if spot is None:
            return None
        self._ranking.wrote(spot, token)
        return self._behind(spot, token)

    def _behind(self, spot: Spot, token: int) -> Spot | None:
        behind = self._constraint.after(spot.state, token)
        return None if behind is None else Spot(behind, token)


@dataclass(slots=True)
class Draft:
    """Guesses that stand in one pass; `spots` are where each is guessed, and one more behind the last."""

    spots: list[Spot | None]
    tokens: list[int] = field(default_factory=list)

"""The answer's grammar lifted to token ids: which tokens may come next, and what stands behind each.

A token may hold the end of one word and the beginning of the next (a space and a symbol's first byte, say), so the
tokens that fit are found by walking the sorted vocabulary and the grammar together. Most places of an answer look
alike (the symbol in the third column of any row), so what was found at one is kept for all of its kind.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from molmoact.decoding.vocabulary import Vocabulary
from molmoact.protocol.grammar import Grammar, Part
from molmoact.protocol.grammar import State as Places

Shape = tuple[int | tuple[int, ...], int]
"""Kinds of the places that may be next, and where one is in them: states of one shape allow the same tokens."""

_NOWHERE = "\0"
"""A letter that stands in no answer."""


class State(NamedTuple):
    """Where an answer stands.

    Attributes:
        place: of the grammar, the first that may not be over yet.
        inside: number of a set of (place from this one on, node): where one is in the words there.
    """

    place: int
    inside: int


class Constraint:
    """Token ids allowed in each state. One object serves all answers of a checkpoint; it learns as it is asked.

    Attributes:
        start: before the first token of the answer.
        grammar: what is lifted.
    """

    def __init__(self, grammar: Grammar, vocabulary: Vocabulary, device: torch.device | str = "cpu") -> None:
        self.grammar = grammar
        self._vocabulary = vocabulary.within(grammar.neighbours())
        self._kinds = _kinds(grammar, longest=max(map(len, self._vocabulary.words.values())))
        self._insides: list[Places] = []
        self._ahead: list[tuple[int, ...]] = []
        self._numbers: dict[Places, int] = {}
        self._behind: dict[tuple[Shape, int], tuple[int, int]] = {}
        self._rows: dict[Shape, int] = {}
        self._choices = _Choices(device)
        self.start = self._state(grammar.start)

    def shape(self, state: State) -> Shape:
        """Equal for states that allow the same tokens, with states of one shape behind each."""
        ahead = self._ahead[state.inside]
        if not ahead:
            return self._kinds[state.place], state.inside
        return tuple(self._kinds[state.place + each] for each in (0, *ahead)), state.inside

    def part(self, state: State) -> Part:
        """What is being written."""
        return self.grammar.places[state.place].part

    def after(self, state: State, token: int) -> State | None:
        """The state behind `token`; None: it may not stand here."""
        key = self.shape(state), token
        behind = self._behind.get(key) or self._advance(state, token)
        if behind is None:  # not kept: there is no end of tokens that may not stand here
            return None
        self._behind[key] = behind
        return State(state.place + behind[0], behind[1])

    def ids(self, state: State) -> Sequence[int]:
        """Token ids that may come next, rising; none behind the end of the text."""
        return self._choices.ids[self._row(state)]

    def choose(self, logits: Tensor, states: Sequence[State]) -> list[int]:
        """The best allowed token for each row of `logits`, shape (states, words); of equally good ones the lowest."""
        rows = torch.tensor([self._row(state) for state in states], device=logits.device)
        return self._choices.best(logits, rows)

    def explore(self) -> None:
        """Look at every state there is, so that no answer has to wait for one to be found: a second or so."""
        waiting, seen = [self.start], {self.start}
        while waiting:
            state = waiting.pop()
            found = {behind for token in self.ids(state) if (behind := self.after(state, token))} - seen
            waiting += found
            seen |= found

    def _row(self, state: State) -> int:
        shape = self.shape(state)
        if shape not in self._rows:
            self._rows[shape] = self._choices.row(sorted(self._walk("", self._vocabulary.all, self._places(state))))
        return self._rows[shape]

    def _advance(self, state: State, token: int) -> tuple[int, int] | None:
        places: Places | None = self._places(state)
        for letter in self._vocabulary.words.get(token, _NOWHERE):
            places = places and self.grammar.advance(places, ord(letter))
        if places is None:
            return None
        behind = self._state(places)
        return behind.place - state.place, behind.inside

    def _state(self, places: Places) -> State:
        first = min(place for place, _ in places)
        inside = frozenset((place - first, node) for place, node in places)
        if inside not in self._numbers:
            self._numbers[inside] = len(self._insides)
            self._insides.append(inside)
            self._ahead.append(tuple(sorted({ahead for ahead, _ in inside} - {0})))
        return State(first, self._numbers[inside])

    def _places(self, state: State) -> Places:
        return frozenset((state.place + ahead, node) for ahead, node in self._insides[state.inside])

    def _walk(self, letters: str, places: range, state: Places) -> Iterator[int]:
        """The tokens among `places` of the vocabulary, which all begin with `letters`, that go on from `state`."""
        for letter in self.grammar.letters(state):
            longer = letters + chr(letter)
            fitting = self._vocabulary.beginning_with(longer, places)
            reached = self.grammar.advance(state, letter) if fitting else None
            if reached is not None:
                exact = self._vocabulary.spelling(longer, fitting)
                yield from exact
                if len(exact) < len(fitting):
                    yield from self._walk(longer, fitting, reached)


class _Choices:
    """Different sets of allowed ids, as rows of one table, so that many positions are chosen for at once."""

    def __init__(self, device: torch.device | str) -> None:
        self.ids: list[tuple[int, ...]] = []
        self._numbers: dict[tuple[int, ...], int] = {}
        self._device = device
        self._table = torch.zeros(0, 0, dtype=torch.int64, device=device)

    def row(self, ids: Sequence[int]) -> int:
        """Number of the row with these ids."""
        key = tuple(ids)
        if key not in self._numbers:
            self._numbers[key] = len(self.ids)
            self.ids.append(key)
        return self._numbers[key]

    def best(self, logits: Tensor, rows: Tensor) -> list[int]:
        """For each row of `logits` the id with the highest one among those of its row of the table."""
        if len(self._table) < len(self.ids):
            self._table = self._filled()
        allowed = self._table[rows]
        places = logits.gather(1, allowed).float().argmax(1, keepdim=True)
        best: list[int] = allowed.gather(1, places)[:, 0].tolist()
        return best

    def _filled(self) -> Tensor:
        """All rows at one width; the first id fills up, so that it changes no choice."""
        width = max(map(len, self.ids))
        padded = [ids + (ids[0] if ids else 0,) * (width - len(ids)) for ids in self.ids]
        return torch.tensor(padded, dtype=torch.int64, device=self._device)


def _kinds(grammar: Grammar, longest: int) -> list[int]:
    """Equal numbers for places from which one can go on alike for at least `longest` letters."""
    numbers: dict[tuple[object, ...], int] = {}
    known: dict[tuple[int, int], int] = {}

    def kind(place: int, letters: int) -> int:
        if (place, letters) not in known:
            words, following = grammar.places[place].words, grammar.places[place].after
            rest = letters - words.shortest
            beyond = tuple((each - place, kind(each, rest)) for each in following) if rest > 0 else ()
            known[place, letters] = numbers.setdefault((id(words), beyond), len(numbers))
        return known[place, letters]

    # one may stand in the last letter of the first place
    return [kind(place, longest - 1 + grammar.places[place].words.shortest) for place in range(len(grammar.places))]

"""The answer's grammar lifted to token ids: which tokens may come next, cached by state.

A token may hold the end of one word and the beginning of the next (a space and a symbol's first byte, say), so the
tokens that fit are found by walking the sorted vocabulary and the grammar together.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from molmoact.decoding.vocabulary import Vocabulary
from molmoact.protocol.grammar import Grammar, State


class Constraint:
    """Token ids allowed in each state of a grammar. One object serves all answers of a checkpoint."""

    def __init__(self, grammar: Grammar, vocabulary: Vocabulary, device: torch.device | str = "cpu") -> None:
        self._grammar = grammar
        self._vocabulary = vocabulary
        self._device = device
        self._next: dict[State, Mapping[int, State]] = {}
        self._ids: dict[State, Tensor] = {}

    @property
    def start(self) -> State:
        """Before the first token of the answer."""
        return self._grammar.start

    def following(self, state: State) -> Mapping[int, State]:
        """Token ids that may come next, with the state behind each; empty behind the end of the text."""
        if state not in self._next:
            found: dict[int, State] = {}
            self._walk("", self._vocabulary.all, state, found)
            self._next[state] = found
        return self._next[state]

    def ids(self, state: State) -> Tensor:
        """The ids of `following`, int64, shape (N,), rising, on the device."""
        if state not in self._ids:
            self._ids[state] = torch.tensor(sorted(self.following(state)), dtype=torch.int64, device=self._device)
        return self._ids[state]

    def _walk(self, letters: str, places: range, state: State, found: dict[int, State]) -> None:
        """Collect the tokens among `places`, which all begin with `letters`, that go on from `state`."""
        for letter in self._grammar.letters(state):
            longer = letters + chr(letter)
            fitting = self._vocabulary.beginning_with(longer, places)
            reached = self._grammar.advance(state, letter) if fitting else None
            if reached is not None:
                exact = self._vocabulary.spelling(longer, fitting)
                found.update(dict.fromkeys(exact, reached))
                if len(exact) < len(fitting):
                    self._walk(longer, fitting, reached, found)

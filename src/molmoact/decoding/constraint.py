"""The answer's grammar lifted to token ids: which tokens may come next, cached by state.

A token may hold the end of one word and the beginning of the next (a space and a symbol's first byte, say), so the
tokens that fit are found by walking the vocabulary's tree and the grammar together.
"""

from collections.abc import Mapping
from functools import cached_property

import torch
from torch import Tensor

from molmoact.decoding.vocabulary import TokenTree, Vocabulary
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
            self._walk(self._tree, state, found)
            self._next[state] = found
        return self._next[state]

    def ids(self, state: State) -> Tensor:
        """The ids of `following`, int64, shape (N,), rising, on the device."""
        if state not in self._ids:
            self._ids[state] = torch.tensor(sorted(self.following(state)), dtype=torch.int64, device=self._device)
        return self._ids[state]

    @cached_property
    def _tree(self) -> TokenTree:
        return self._vocabulary.tree(self._grammar.alphabet)

    def _walk(self, node: TokenTree, state: State, found: dict[int, State]) -> None:
        for letter in self._grammar.letters(state) & node.children.keys():
            reached = self._grammar.advance(state, letter)
            if reached is None:
                continue
            child = node.children[letter]
            for index in child.ids:
                found[index] = reached
            self._walk(child, reached, found)

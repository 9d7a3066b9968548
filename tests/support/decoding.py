"""What the tests of fast decoding share: a model with its grammar, and sources that lie, know, or guess at random."""

import random

from molmoact.decoding.constraint import Constraint
from molmoact.decoding.decoder import Decoder
from molmoact.decoding.greedy import greedy
from molmoact.decoding.passes import Passes
from molmoact.decoding.sources import Above, Habit, Jacobi, Previous, Source
from molmoact.decoding.vocabulary import Vocabulary
from molmoact.protocol.grammar import answer_grammar
from molmoact.protocol.symbols import ActionSymbols
from molmoact.protocol.wording import Wording

LIMIT = 700

SOURCES = {
    "nothing": lambda _: [],
    "previous": lambda constraint: [Previous(constraint)],
    "above": lambda constraint: [Above(constraint)],
    "jacobi": lambda constraint: [Jacobi(), Habit(constraint)],
    "habit": lambda constraint: [Habit(constraint)],
    "all": lambda constraint: [Previous(constraint), Above(constraint), Jacobi(), Habit(constraint)],
}


class Rig:
    """A model and the grammar of one wording of its answers."""

    def __init__(self, model, tokenizer, wording=Wording.MULTI_VIEW, steps=1) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.symbols = ActionSymbols.from_tokenizer(tokenizer)
        self.vocabulary = Vocabulary.from_tokenizer(tokenizer)
        self.constraint = Constraint(answer_grammar(wording, self.symbols, steps=steps, arms=1), self.vocabulary)

    def plain(self, inputs, *, free=False, limit=LIMIT):
        """Tokens of the reference."""
        constraint = None if free else self.constraint
        return list(greedy(self.model, inputs, end_id=self.vocabulary.end_id, limit=limit, constraint=constraint))

    def decoder(self, sources, *, capacity=1000, width=0, window=12, free=False, worth=0.0):
        return Decoder(
            Passes(self.model, capacity, width=width), self.constraint, sources, window=window, worth=worth, free=free
        )

    def tokens(self, decoder, inputs, *, limit=LIMIT, steps=0):
        return [token for made in self.made(decoder, inputs, limit, steps) for token in made.tokens]

    def made(self, decoder, inputs, limit=LIMIT, steps=0):
        return list(decoder.decode(inputs, end_id=self.vocabulary.end_id, limit=limit, steps=steps))


class Liar(Source):
    """Guesses at random, often what the grammar allows and sometimes what no vocabulary has."""

    def __init__(self, constraint, seed) -> None:
        self._constraint = constraint
        self._random = random.Random(seed)

    def guess(self, spot):
        ids = self._constraint.ids(spot.state)
        return self._random.choice([*ids[:20], self._random.choice(ids), -7, 10**9]) if ids else 3


class Prophet(Source):
    """Knows the answer by heart, but for some places."""

    def __init__(self, constraint, tokens, wrong=frozenset()) -> None:
        self._known = {}
        state = constraint.start
        for number, token in enumerate(tokens):
            others = [each for each in constraint.ids(state) if each != token]
            self._known[state] = others[0] if number in wrong and others else token
            state = constraint.after(state, token)

    def guess(self, spot):
        return self._known.get(spot.state)

"""Every answer that there can be, as an automaton over bytes and depth tokens, without any tokenizer.

An answer is a chain of places; at each place stands one word out of a list (a phrase, a number, a depth code, a
symbol), and its places know which places may follow. Words can be prefixes of each other (1 and 12; bin 82 of bin
81), so a state holds all places that the text so far may have reached.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from molmoact.protocol import wording as says
from molmoact.protocol.answer import COORDINATE_MAX, DEPTH_CODES, DEPTH_VALUES, MAX_TRACE_POINTS
from molmoact.protocol.symbols import ActionSymbols
from molmoact.protocol.trie import Trie, Word
from molmoact.protocol.wording import Wording
from molmoact_common.chunks import DOF_PER_ARM

DEPTH_START, DEPTH_END, FIRST_DEPTH, END_OF_TEXT = 256, 257, 258, 258 + DEPTH_VALUES
"""Letters of the alphabet behind the 256 bytes: depth tokens are never spelt out, nor is the end."""

State = frozenset[tuple[int, int]]
"""Pairs (place, node of the place's trie)."""


class Part(StrEnum):
    """What a place says."""

    PHRASE = "phrase"  # words and brackets, the same in every answer
    DEPTH = "depth"
    TRACE = "trace"
    ACTION = "action"


@dataclass(frozen=True, slots=True)
class Place:
    """One word of `words`, and behind it one of the places `after` (indices)."""

    words: Trie
    after: tuple[int, ...]
    part: Part


class Grammar:
    """An automaton over letters.

    Attributes:
        places: in the order of writing.
        step_places: places from a value of one step of the action to the same value of the next.
    """

    def __init__(self, places: Sequence[Place], step_places: int) -> None:
        self.places = tuple(places)
        self.step_places = step_places

    @cached_property
    def start(self) -> State:
        """Before the first letter."""
        return frozenset({(0, 0)})

    def letters(self, state: State) -> set[int]:
        """Letters that may come next; none at the end."""
        return {letter for place, node in state for letter in self.places[place].words.edges[node]}

    def advance(self, state: State, letter: int) -> State | None:
        """The state behind `letter`, or None where it may not stand."""
        reached: set[tuple[int, int]] = set()
        for index, node in state:
            place = self.places[index]
            target = place.words.edges[node].get(letter)
            if target is None:
                continue
            if place.words.edges[target] or not place.after:
                reached.add((index, target))
            if target in place.words.final:
                reached.update((following, 0) for following in place.after)
        return frozenset(reached) if reached else None

    def neighbours(self) -> set[Word]:
        """At least all pairs of letters that can stand beside each other in an answer."""
        tries = {id(place.words): place.words for place in self.places}
        meeting = {(id(each.words), id(self.places[next_].words)) for each in self.places for next_ in each.after}
        pairs = {pair for trie in tries.values() for pair in trie.pairs()}
        return pairs.union(*({(a, b) for a in tries[one].last for b in tries[two].edges[0]} for one, two in meeting))

    def accepts(self, word: Iterable[int]) -> bool:
        """Whether `word` is a whole answer, its end included."""
        state: State | None = self.start
        for letter in word:
            state = self.advance(state, letter) if state else None
        return state is not None and not self.letters(state)


def answer_grammar(wording: Wording, symbols: ActionSymbols, *, steps: int, arms: int) -> Grammar:
    """The grammar of one wording's answers.

    Args:
        wording: phrases and number of traces.
        symbols: of the checkpoint; every spelling that the parser reads may be written.
        steps: of the chunk; one step stands in single brackets.
        arms: 1 or 2.

    Raises:
        ValueError: the fine-tuned wording for one arm says the same trace twice, which no automaton can see to.
    """
    if wording is Wording.FINE_TUNED and arms == 1:
        raise ValueError("the fine-tuned wording can constrain two arms only; decode one arm freely")
    chain = _Chain()
    if wording is not Wording.STEERED:
        _add_depth(chain, says.before_depth(wording))
        for phrase in says.before_traces(wording):
            _add_trace(chain, phrase)
    chain.add([_text(says.before_action(wording))])
    _add_action(chain, symbols, steps, DOF_PER_ARM * arms)
    chain.add([(*_text(says.END), END_OF_TEXT)])
    return Grammar(chain.places(), step_places=2 * DOF_PER_ARM * arms)


class _Chain:
    """Places one behind the other, equal lists of words stored once."""

    def __init__(self) -> None:
        self._tries: dict[tuple[Word, ...], Trie] = {}
        self._words: list[Trie] = []
        self._after: list[set[int]] = []
        self._parts: list[Part] = []

    def add(self, words: Sequence[Word], part: Part = Part.PHRASE) -> int:
        """Append a place and give its index."""
        if self._after:
            self._after[-1].add(len(self._words))
        key = tuple(words)
        if key not in self._tries:
            self._tries[key] = Trie(key)
        self._words.append(self._tries[key])
        self._after.append(set())
        self._parts.append(part)
        return len(self._words) - 1

    def also(self, place: int, following: int) -> None:
        """Let `following` stand behind `place` too."""
        self._after[place].add(following)

    def places(self) -> list[Place]:
        """What was built."""
        columns = zip(self._words, self._after, self._parts, strict=True)
        return [Place(words, tuple(sorted(after)), part) for words, after, part in columns]


def _text(text: str) -> Word:
    return tuple(text.encode())


def _add_depth(chain: _Chain, phrase: str) -> None:
    chain.add([(*_text(phrase), DEPTH_START)])
    codes = [(FIRST_DEPTH + code,) for code in range(DEPTH_VALUES)]
    for _ in range(DEPTH_CODES):
        chain.add(codes, Part.DEPTH)
    chain.add([(DEPTH_END,)])


def _add_trace(chain: _Chain, phrase: str) -> None:
    numbers = [_text(str(number)) for number in range(COORDINATE_MAX + 1)]
    chain.add([_text(phrase + "[")])
    ends: list[int] = []
    for point in range(MAX_TRACE_POINTS):
        chain.add([_text(", [" if point else "[")])
        chain.add(numbers, Part.TRACE)
        chain.add([_text(", ")])
        chain.add(numbers, Part.TRACE)
        ends.append(chain.add([_text("]")]))
    closing = chain.add([_text("]")])
    for end in ends:
        chain.also(end, closing)


def _add_action(chain: _Chain, symbols: ActionSymbols, steps: int, dof: int) -> None:
    written = [_text(symbol) for symbol in symbols.bins]
    outer = steps > 1
    for step in range(steps):
        for value in range(dof):
            opening = ("[[" if outer else "[") if step == 0 else "], ["
            chain.add([_text(", " if value else opening)])
            chain.add(written, Part.ACTION)
    chain.add([_text("]]" if outer else "]")])

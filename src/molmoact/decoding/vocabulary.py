"""A tokenizer's entries as letters of the grammar's alphabet, in an order by which many can be tried at once."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Set
from typing import Any

from molmoact.protocol.answer import DEPTH_VALUES
from molmoact.protocol.grammar import DEPTH_END, DEPTH_START, END_OF_TEXT, FIRST_DEPTH
from molmoact_common.errors import CheckpointError


class Vocabulary:
    """Letters of every token that an answer can hold.

    Attributes:
        words: token id to its letters, as characters of that code point: the bytes of an ordinary entry, or one letter
            for a depth token or the end.
        end_id: token that ends an answer.
    """

    def __init__(self, words: Mapping[int, str], end_id: int) -> None:
        self.words = words
        self.end_id = end_id
        # in this order words with one beginning stand together and are found by bisection
        ordered = sorted((word, index) for index, word in words.items() if word)
        self._sorted = [word for word, _ in ordered]
        self._ids = [index for _, index in ordered]

    def beginning_with(self, letters: str, within: range) -> range:
        """Places, among those `within`, of the tokens that begin with `letters` (characters as in `words`)."""
        first = bisect_left(self._sorted, letters, within.start, within.stop)
        past = letters[:-1] + chr(ord(letters[-1]) + 1)
        return range(first, bisect_left(self._sorted, past, first, within.stop))

    def spelling(self, letters: str, within: range) -> list[int]:
        """Ids of the tokens that are exactly `letters`; `within` is their `beginning_with`."""
        last = bisect_right(self._sorted, letters, within.start, within.stop)
        return self._ids[within.start : last]

    @property
    def all(self) -> range:
        """Places of all tokens."""
        return range(len(self._sorted))

    def within(self, neighbours: Set[tuple[int, ...]]) -> "Vocabulary":
        """Only the tokens whose letters stand beside each other in `neighbours`; those of one letter all stay."""
        pairs = {chr(first) + chr(second) for first, second in neighbours}
        fitting = {
            index: word
            for index, word in self.words.items()
            if word and all(word[at : at + 2] in pairs for at in range(len(word) - 1))
        }
        return Vocabulary(fitting, self.end_id)

    @classmethod
    def from_tokenizer(cls, tokenizer: Any) -> "Vocabulary":
        """Of a byte-level tokenizer in the published layout.

        Raises:
            CheckpointError: it has no depth tokens, or no end of text.
        """
        entries: dict[str, int] = tokenizer.get_vocab()
        added = tokenizer.get_added_vocab()
        letter_of = {character: chr(byte) for byte, character in _byte_characters().items()}
        words = {
            index: "".join(letter_of[character] for character in entry)
            for entry, index in entries.items()
            if entry not in added and all(character in letter_of for character in entry)
        }
        words |= {_known(entries, entry): chr(letter) for entry, letter in _depth_letters().items()}
        if tokenizer.eos_token_id is None:
            raise CheckpointError("the tokenizer has no end-of-text token; take the checkpoint's own tokenizer files")
        words[tokenizer.eos_token_id] = chr(END_OF_TEXT)
        return cls(words, tokenizer.eos_token_id)


def _known(entries: Mapping[str, int], entry: str) -> int:
    if entry not in entries:
        raise CheckpointError(f"the tokenizer has no {entry}; take the tokenizer files of an action checkpoint")
    return entries[entry]


def _depth_letters() -> dict[str, int]:
    codes = {f"<DEPTH_{code}>": FIRST_DEPTH + code for code in range(DEPTH_VALUES)}
    return {"<DEPTH_START>": DEPTH_START, "<DEPTH_END>": DEPTH_END, **codes}


def _byte_characters() -> dict[int, str]:
    """How byte-level vocabularies print a byte: itself where that is a visible character, else one past 255."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in visible]
    return {byte: chr(byte) for byte in visible} | {byte: chr(256 + n) for n, byte in enumerate(hidden)}

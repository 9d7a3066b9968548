"""A tokenizer's entries as letters of the grammar's alphabet, and as a tree by which many can be tried at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from molmoact.protocol.answer import DEPTH_VALUES
from molmoact.protocol.grammar import DEPTH_END, DEPTH_START, END_OF_TEXT, FIRST_DEPTH, Word
from molmoact_common.errors import CheckpointError


@dataclass(slots=True)
class TokenTree:
    """Tokens by their letters: `ids` are those that end here."""

    children: dict[int, "TokenTree"] = field(default_factory=dict)
    ids: list[int] = field(default_factory=list)


class Vocabulary:
    """Letters of every token that an answer can hold.

    Attributes:
        words: token id to its letters: bytes of an ordinary entry, or one letter for a depth token or the end.
        end_id: token that ends an answer.
    """

    def __init__(self, words: Mapping[int, Word], end_id: int) -> None:
        self.words = words
        self.end_id = end_id

    @classmethod
    def from_tokenizer(cls, tokenizer: Any) -> "Vocabulary":
        """Of a byte-level tokenizer in the published layout.

        Raises:
            CheckpointError: it has no depth tokens, or no end of text.
        """
        entries: dict[str, int] = tokenizer.get_vocab()
        added = tokenizer.get_added_vocab()
        letter_of = {character: byte for byte, character in _byte_characters().items()}
        words: dict[int, Word] = {
            index: tuple(letter_of[character] for character in entry)
            for entry, index in entries.items()
            if entry not in added and all(character in letter_of for character in entry)
        }
        words |= {_known(entries, entry): (letter,) for entry, letter in _depth_letters().items()}
        if tokenizer.eos_token_id is None:
            raise CheckpointError("the tokenizer has no end-of-text token; take the checkpoint's own tokenizer files")
        words[tokenizer.eos_token_id] = (END_OF_TEXT,)
        return cls(words, tokenizer.eos_token_id)

    def tree(self, letters: Iterable[int]) -> TokenTree:
        """The tokens that consist of `letters` only."""
        allowed = frozenset(letters)
        root = TokenTree()
        for index, word in self.words.items():
            if word and allowed.issuperset(word):
                node = root
                for letter in word:
                    node = node.children.setdefault(letter, TokenTree())
                node.ids.append(index)
        return root


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

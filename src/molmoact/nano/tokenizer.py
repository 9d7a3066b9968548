"""The tokenizer of the nano model: what the protocol always says alike is one token each, so that answers are short.

Whole phrases, words of the cell's instructions, numbers up to 255 and the 256 action symbols are entries, the latter
two also with the comma that follows them; anything else falls apart into bytes. Nothing is learnt, so it is the same
on every machine.
"""

import re
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split
from transformers import PreTrainedTokenizerFast

from molmoact.nano.pointing import POINT_ANSWER, POINT_QUESTION
from molmoact.protocol.answer import COORDINATE_MAX
from molmoact.protocol.prompts import PromptStyle, chat_prompt, question
from molmoact.protocol.symbols import ActionSymbols
from molmoact.protocol.wording import END, Wording, before_action, before_depth, before_traces
from molmoact.tiny.tokenizer import finished

_WORDS = """
    a all and any at away back backward block blocks bowl box can center close cube cubes cup cylinder down drop
    edge end far forward from front get grab grasp grip gripper hand hold in inside into it its keep keeps leave
    left level lift middle move near next of off on one onto open other over pick piece place please point push
    put raise right set side sideways slide stack stand table take that the then thing this to top towards
    toward tray two up upon wait with within red green blue yellow orange purple white black pink grey
""".split()  # noqa: SIM905  a list that can be read
"""Of instructions in the cell. Their order is that of the weights' rows: add new ones at the end."""

_ANYTHING = r"\d{1,3}(?:, )?|[^\x00-\x7F]{1,4}(?:, )?|\], \[| ?[A-Za-z]+|[^\sA-Za-z\d]|\s"
"""Where text that is no phrase is cut: a number or a symbol with its comma, brackets between rows, words."""


def nano_tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer in the published layout: words, end of text, 130 depth tokens, padding, six image tokens."""
    phrases = _phrases()
    pieces = [
        *phrases,
        *(f" {word}" for word in _WORDS),
        "], [",
        ", ",
        *_with_comma(map(str, range(COORDINATE_MAX + 1))),
    ]
    pieces += _with_comma(ActionSymbols.printed().by_bin)
    entries = dict.fromkeys([*sorted(ByteLevel.alphabet()), *map(_in_bytes, pieces)])
    vocabulary = {entry: index for index, entry in enumerate(entries)}
    core = Tokenizer(BPE(vocab=vocabulary, merges=[], ignore_merges=True))
    cut = "|".join([*map(re.escape, phrases), _ANYTHING])
    core.pre_tokenizer = Sequence(
        [Split(Regex(cut), behavior="isolated"), ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    core.decoder = ByteLevelDecoder()
    return finished(core)


def _phrases() -> list[str]:
    """What stands between the instruction, depth codes, numbers and symbols; a longer one before its own beginning."""
    found = [f"Image {number}" for number in range(1, 5)]
    found += _around(chat_prompt(POINT_QUESTION).replace("{thing}", "\n"))
    found += _around(f" {POINT_ANSWER}".replace("{thing}", "\n").replace("{point}", "[[\n]]"))
    for style in PromptStyle:
        found += _around(chat_prompt(question(style, "\n")))
    for wording in Wording:
        found += [f"]]{before_action(wording)}[[", f"{before_action(wording)}[["]
        found += [f"{sentence}[[" for sentence in before_traces(wording)]
        if wording is not Wording.STEERED:
            found.append(before_depth(wording))
    found += [f" {sentence.removeprefix('. ')}[[" for sentence in before_traces(Wording.SINGLE_VIEW)]
    return sorted({*found, f"]]{END}"}, key=lambda phrase: (-len(phrase), phrase))


def _around(sentence: str) -> list[str]:
    """What stands around the line breaks of a sentence; a word behind it brings its own space."""
    return [part.removesuffix(" ") for part in sentence.split("\n")]


def _with_comma(words: Iterable[str]) -> list[str]:
    return [form for word in words for form in (word, f"{word}, ")]


def _in_bytes(text: str) -> str:
    """As byte-level vocabularies print it."""
    ((printed, _),) = ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(text)
    return printed

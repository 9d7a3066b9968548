"""The small tokenizer: published structure, few words, and each action symbol a single token.

As in the published one an action symbol stands in text as the string of a vocabulary entry. Bytes of such a string
are merged here into one token, and the string itself is one of the last 256 entries of the base vocabulary.
"""

import json
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split
from tokenizers.trainers import BpeTrainer
from transformers import AddedToken, PreTrainedTokenizerFast

from molmoact.protocol.answer import DEPTH_VALUES
from molmoact.protocol.prompts import PromptStyle, chat_prompt, question
from molmoact.protocol.symbols import ActionSymbols
from molmoact.protocol.wording import END, Wording, before_action, before_depth, before_traces

WORDS = 512
"""Entries made from the protocol's sentences: 256 bytes and their merges."""
END_OF_TEXT = "<|endoftext|>"
IMAGE_TOKENS = ("<im_start>", "<im_end>", "<im_patch>", "<im_col>", "<|image|>", "<im_low>")

_SPLIT = r" ?[A-Za-z]+|\d| ?\[+|[\],.]+ ?|[^\sA-Za-z\d\[\],.]+|\s+"
"""Where text is cut before merging: words, digits, brackets with their blanks, and runs of anything else (symbols)."""

_TASKS = (
    "pick up the red block", "put the green block into the tray", "put the blue block in the bowl",
    "lift the yellow cube", "close the drawer", "open the gripper and move left then right",
)  # fmt: skip
_IMAGE_LABELS = tuple(f"Image {number}" for number in range(1, 5))


def tiny_tokenizer(words: int = WORDS) -> PreTrainedTokenizerFast:
    """A tokenizer that is the same on every machine.

    Its ids are, in order: words, symbol pieces, the 256 symbol strings (bin 255 first), end of text, 130 depth
    tokens, padding tokens up to a multiple of 64, six image tokens.
    """
    vocabulary, merges = _learn(words)
    symbols = ActionSymbols.printed()
    for symbol in symbols.by_bin:
        _merge_to_one(symbol, vocabulary, merges)
    for symbol in reversed(symbols.by_bin):
        vocabulary[symbol] = len(vocabulary)
    return finished(_pipeline(BPE(vocab=vocabulary, merges=merges)))


def finished(core: Tokenizer) -> PreTrainedTokenizerFast:
    """Put what every published tokenizer has behind the words of `core`.

    In order: end of text, 130 depth tokens, padding tokens up to a multiple of 64, six image tokens.
    """
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token=END_OF_TEXT,
        eos_token=END_OF_TEXT,
        pad_token=END_OF_TEXT,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )
    depth = ["<DEPTH_START>", "<DEPTH_END>", *(f"<DEPTH_{code}>" for code in range(DEPTH_VALUES))]
    tokenizer.add_tokens([AddedToken(token, normalized=True) for token in depth])
    padding = [f"|<EXTRA_TOKENS_{number}>|" for number in range(-len(tokenizer) % 64)]
    tokenizer.add_special_tokens({"additional_special_tokens": [*padding, *IMAGE_TOKENS]})
    return tokenizer


def _pipeline(model: BPE) -> Tokenizer:
    core = Tokenizer(model)
    core.pre_tokenizer = Sequence(
        [Split(Regex(_SPLIT), behavior="isolated"), ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    core.decoder = ByteLevelDecoder()
    return core


def _learn(words: int) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Vocabulary and merges from the protocol's own sentences."""
    core = _pipeline(BPE())
    trainer = BpeTrainer(
        vocab_size=words, show_progress=False, initial_alphabet=sorted(ByteLevel.alphabet()), min_frequency=1
    )
    core.train_from_iterator(_sentences(), trainer)
    learnt = json.loads(core.to_str())["model"]
    return learnt["vocab"], [(first, second) for first, second in learnt["merges"]]


def _merge_to_one(symbol: str, vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> None:
    """Add the merges that make one token of a symbol's text, from its first byte on.

    They never cross: each starts with the symbol's lead character, and a token of separators stands between symbols.
    """
    ((pieces, _),) = ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(symbol)
    characters = [pieces[start : start + 2] for start in range(0, len(pieces), 2)]
    grown = ""
    for character in characters:
        for first, second in ((character[0], character[1]), (grown, character)):
            if first and first + second not in vocabulary:
                vocabulary[first + second] = len(vocabulary)
                merges.append((first, second))
        grown += character


def _sentences() -> Iterable[str]:
    for task in _TASKS:
        for style in PromptStyle:
            yield chat_prompt(question(style, task))
    for wording in Wording:
        if wording is not Wording.STEERED:
            yield before_depth(wording)
        yield from (f"{sentence}[[1, 2], [3, 4]]" for sentence in before_traces(wording))
        yield f"{before_action(wording)}[[a, b], [c, d]]{END}"
    yield from _IMAGE_LABELS

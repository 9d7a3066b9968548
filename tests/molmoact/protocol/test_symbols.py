import json

import pytest
from transformers import PreTrainedTokenizerFast

from molmoact.protocol.symbols import ActionSymbols


@pytest.fixture(scope="module")
def tokenizer(golden_dir):
    return PreTrainedTokenizerFast.from_pretrained(golden_dir / "tokenizer/full")


def test_printed_table_is_the_papers(golden_dir):
    recorded = json.loads((golden_dir / "tokenizer/action_symbols_by_bin.json").read_text())
    assert list(ActionSymbols.printed().by_bin) == list(recorded)


def test_symbols_come_from_the_end_of_the_tokenizers_own_vocabulary(tokenizer):
    symbols = ActionSymbols.from_tokenizer(tokenizer)
    vocabulary = tokenizer.get_vocab()
    base = len(vocabulary) - len(tokenizer.get_added_vocab())
    assert [vocabulary[symbol] for symbol in symbols.by_bin] == [base - 1 - b for b in range(256)]


class Vocabulary:
    """The two questions that symbols ask a tokenizer."""

    def __init__(self, entries):
        self._entries = {entry: index for index, entry in enumerate(entries)}

    def get_vocab(self):
        return self._entries

    def get_added_vocab(self):
        return {}


def test_a_tokenizers_own_spelling_wins_over_the_printed_one():
    printed = list(ActionSymbols.printed().by_bin)
    own = printed.copy()
    own[191], own[204] = "ï®ı", "ë¼Ŀ"
    symbols = ActionSymbols.from_tokenizer(Vocabulary(["some", "words", *reversed(own)]))
    assert list(symbols.by_bin) == own


@pytest.mark.parametrize(("spelling", "expected"), [("ï®ı", 191), ("ï¥ı", 191), ("ë¼Ŀ", 204), ("ë°Ŀ", 204)])
def test_both_spellings_of_the_two_doubtful_bins_are_read(spelling, expected):
    assert ActionSymbols.printed().bins[spelling] == expected


def test_an_unrelated_vocabulary_falls_back_on_the_printed_table():
    assert ActionSymbols.from_tokenizer(Vocabulary([f"word{i}" for i in range(400)])) == ActionSymbols.printed()


def test_256_different_symbols_are_needed():
    with pytest.raises(ValueError, match="256"):
        ActionSymbols(("a",) * 256)

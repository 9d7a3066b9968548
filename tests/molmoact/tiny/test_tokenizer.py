import numpy as np
import pytest

from molmoact.protocol.symbols import ActionSymbols
from molmoact.protocol.wording import Wording, write_answer
from molmoact.tiny.tokenizer import END_OF_TEXT, IMAGE_TOKENS, tiny_tokenizer

SYMBOLS = ActionSymbols.printed()


@pytest.fixture(scope="module")
def tokenizer():
    return tiny_tokenizer()


def test_each_action_symbol_is_one_token_and_ends_the_base_vocabulary(tokenizer):
    assert {len(tokenizer.encode(symbol)) for symbol in SYMBOLS.by_bin} == {1}
    base = len(tokenizer.get_vocab()) - len(tokenizer.get_added_vocab())
    assert tokenizer.convert_tokens_to_ids(list(SYMBOLS.by_bin)) == [base - 1 - b for b in range(256)]
    assert ActionSymbols.from_tokenizer(tokenizer) == SYMBOLS


def test_added_tokens_follow_in_the_published_order(tokenizer):
    depth = ["<DEPTH_START>", "<DEPTH_END>", *(f"<DEPTH_{code}>" for code in range(128))]
    first = tokenizer.convert_tokens_to_ids(END_OF_TEXT)
    assert tokenizer.convert_tokens_to_ids(depth) == list(range(first + 1, first + 131))
    images = tokenizer.convert_tokens_to_ids(list(IMAGE_TOKENS))
    assert images == list(range(images[0], images[0] + 6))
    assert images[0] % 64 == 0
    assert len(tokenizer) == images[-1] + 1


@pytest.mark.parametrize("wording", list(Wording))
def test_an_answer_survives_the_way_through_its_tokens(tokenizer, wording):
    bins = np.arange(200, 256).reshape(8, 7)
    text = write_answer(wording, SYMBOLS, bins, depth=tuple(range(100)), traces=(((0, 255), (31, 7)),))
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert len(ids) < 350


def test_the_same_tokenizer_every_time(tokenizer):
    assert tiny_tokenizer().backend_tokenizer.to_str() == tokenizer.backend_tokenizer.to_str()


def test_depth_tokens_are_kept_where_special_ones_are_dropped(tokenizer):
    ids = tokenizer.convert_tokens_to_ids(["<DEPTH_START>", "<DEPTH_5>", "<im_patch>", END_OF_TEXT])
    assert tokenizer.decode(ids, skip_special_tokens=True) == "<DEPTH_START><DEPTH_5>"

import numpy as np
import pytest

from molmoact.nano.pointing import pointing_turns
from molmoact.nano.tokenizer import nano_tokenizer
from molmoact.protocol.prompts import PromptStyle, chat_prompt, question
from molmoact.protocol.symbols import ActionSymbols
from molmoact.protocol.wording import Wording, write_answer
from molmoact.tiny.tokenizer import IMAGE_TOKENS

SYMBOLS = ActionSymbols.printed()
TRACE = ((0, 255), (31, 7), (200, 100), (99, 1), (12, 13))


@pytest.fixture(scope="module")
def tokenizer():
    return nano_tokenizer()


def test_each_action_symbol_is_one_token_with_its_comma_or_without(tokenizer):
    assert {len(tokenizer.encode(f"{symbol}{end}")) for symbol in SYMBOLS.by_bin for end in ("", ", ")} == {1}
    assert ActionSymbols.from_tokenizer(tokenizer) == SYMBOLS


@pytest.mark.parametrize(("wording", "most"), [(Wording.MULTI_VIEW, 183), (Wording.STEERED, 65)])
def test_an_answer_is_little_more_than_what_it_says(tokenizer, wording, most):
    bins = np.arange(200, 256).reshape(8, 7)
    text = write_answer(wording, SYMBOLS, bins, depth=tuple(range(100)), traces=(TRACE,))
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert len(ids) <= most


@pytest.mark.parametrize("style", list(PromptStyle))
def test_a_question_is_its_instruction_and_at_most_three_phrases(tokenizer, style):
    asked = chat_prompt(question(style, "put the red block in the tray"))
    assert tokenizer.decode(tokenizer.encode(asked)) == asked
    assert len(tokenizer.encode(asked)) <= 3 + 2 * 7


def test_pointing_is_short(tokenizer):
    asked, answered = (turn["value"] for turn in pointing_turns({"red block": (3, 250)}))
    assert answered == "The red block is at [[3, 250]]."
    assert len(tokenizer.encode(f" {answered}")) == 7
    assert len(tokenizer.encode(chat_prompt(asked))) == 4


def test_words_that_it_does_not_know_fall_into_bytes_and_come_back(tokenizer):
    text = "place the Xylophone, 1234 cm away: \u00e9\u00df"
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_image_tokens_stand_behind_a_multiple_of_64(tokenizer):
    images = tokenizer.convert_tokens_to_ids(list(IMAGE_TOKENS))
    assert images == list(range(images[0], images[0] + 6))
    assert images[0] % 64 == 0

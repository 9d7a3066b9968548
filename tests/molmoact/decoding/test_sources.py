import numpy as np
import pytest

from molmoact.decoding.constraint import Constraint
from molmoact.decoding.ranking import Ranking
from molmoact.decoding.sources import Above, Habit, Jacobi, Previous, Source, Spot
from molmoact.decoding.vocabulary import Vocabulary
from molmoact.protocol.grammar import Part, answer_grammar
from molmoact.protocol.symbols import ActionSymbols
from molmoact.protocol.wording import Wording, write_answer
from molmoact.tiny.tokenizer import tiny_tokenizer

SYMBOLS = ActionSymbols.printed()
BINS = np.arange(21).reshape(3, 7)


@pytest.fixture(scope="module")
def tokenizer():
    return tiny_tokenizer()


@pytest.fixture(scope="module")
def constraint(tokenizer):
    grammar = answer_grammar(Wording.MULTI_VIEW, SYMBOLS, steps=3, arms=1)
    return Constraint(grammar, Vocabulary.from_tokenizer(tokenizer))


def ids_of(tokenizer, bins=BINS, depth=tuple(range(100)), trace=((3, 4), (5, 6))):
    text = write_answer(Wording.MULTI_VIEW, SYMBOLS, bins, depth=depth, traces=(trace,))
    return [*tokenizer.encode(text), tokenizer.eos_token_id]


def spots(constraint, tokens):
    """Every token with its spot."""
    state, before = constraint.start, -1
    for token in tokens:
        yield Spot(state, before), token
        state, before = constraint.after(state, token), token


def write(source, constraint, tokens, steps=0):
    source.begin(steps)
    for spot, token in spots(constraint, tokens):
        source.wrote(spot, token)


def right(source, constraint, tokens, part):
    """Whether each token of a part is guessed."""
    pairs = spots(constraint, tokens)
    return [source.guess(spot) == token for spot, token in pairs if constraint.part(spot.state) is part]


def test_the_previous_answer_is_guessed_again(constraint, tokenizer):
    source = Previous(constraint)
    write(source, constraint, ids_of(tokenizer))
    source.begin(0)
    for part in Part:
        assert all(right(source, constraint, ids_of(tokenizer), part))


@pytest.mark.parametrize("steps", [1, 2, 3, 50])
def test_its_action_moves_up_by_the_steps_that_were_made(constraint, tokenizer, steps):
    source = Previous(constraint)
    write(source, constraint, ids_of(tokenizer))
    source.begin(steps)
    moved = BINS[np.minimum(np.arange(3) + steps, 2)]
    assert all(right(source, constraint, ids_of(tokenizer, moved), Part.ACTION))
    assert all(right(source, constraint, ids_of(tokenizer), Part.DEPTH))


def test_a_cancelled_answer_leaves_the_one_before(constraint, tokenizer):
    source = Previous(constraint)
    write(source, constraint, ids_of(tokenizer))
    write(source, constraint, ids_of(tokenizer, depth=(7,) * 100)[:60])
    source.begin(0)
    assert all(right(source, constraint, ids_of(tokenizer), Part.DEPTH))


def test_the_row_above_is_guessed(constraint, tokenizer):
    answer = ids_of(tokenizer, np.tile(BINS[0], (3, 1)), depth=tuple(range(10)) * 10)
    source = Above(constraint)
    source.begin(0)
    heard = {Part.DEPTH: [], Part.ACTION: [], Part.TRACE: []}
    for spot, token in spots(constraint, answer):
        heard.get(constraint.part(spot.state), []).append(source.guess(spot) == token)
        source.wrote(spot, token)
    assert heard[Part.DEPTH] == [False] * 10 + [True] * 90
    assert heard[Part.ACTION] == [False] * 7 + [True] * 14
    assert not any(heard[Part.TRACE])
    source.begin(0)
    assert not any(right(source, constraint, answer, Part.DEPTH))


def test_a_pass_that_looked_ahead_is_remembered_until_the_answer_ends(constraint):
    source, spot = Jacobi(), Spot(constraint.start, -1)
    source.begin(0)
    source.expects(spot, 5)
    source.expects(spot, 6)
    assert source.guess(spot) == 6
    source.begin(0)
    assert source.guess(spot) is None


def test_habit_knows_like_places_by_the_token_before(constraint, tokenizer):
    source = Habit(constraint)
    write(source, constraint, ids_of(tokenizer, depth=(1, 2) * 50))
    heard = right(source, constraint, ids_of(tokenizer, depth=(2, 1) * 50), Part.DEPTH)
    assert all(heard[1:80])  # the last places are of kinds of their own: a token might hold what follows


def test_habit_is_taught_how_the_tokenizer_cuts(constraint, tokenizer):
    source = Habit(constraint)
    for spot, token in spots(constraint, ids_of(tokenizer)):
        source.teach(spot, token)
    other = ids_of(tokenizer, BINS + 100, depth=(9,) * 100, trace=((200, 100),))
    assert np.mean(right(source, constraint, other, Part.PHRASE)) > 0.9


class Fixed(Source):
    """Always the same guess."""

    def __init__(self, token) -> None:
        self._token = token

    def guess(self, spot):
        return self._token


def test_who_was_right_more_often_is_asked_first(constraint):
    one, two = constraint.ids(constraint.start)[:2]
    spot = Spot(constraint.start, -1)
    ranking = Ranking([Fixed(one), Fixed(two)], constraint)
    ranking.begin(0)
    ranking.sort()
    assert ranking.guess(spot) == (one, 0.5)
    ranking.wrote(spot, two)
    ranking.sort()
    token, chance = ranking.guess(spot)
    assert token == two
    assert chance > 0.5


def test_what_the_grammar_forbids_is_passed_over(constraint):
    allowed = constraint.ids(constraint.start)[0]
    ranking = Ranking([Fixed(-5), Fixed(10**9), Fixed(None), Fixed(allowed)], constraint)
    ranking.begin(0)
    ranking.sort()
    assert ranking.guess(Spot(constraint.start, -1))[0] == allowed

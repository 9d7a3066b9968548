"""What the demo's options mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molmoact_bringup.demo_options import UNTRAINED_CHUNKS, DemoOptions, chunk_limit, parse_seeds
from molmoact_common.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "seeds"), [("3", [3]), ("0:3", [0, 1, 2]), ("1,4, 7", [1, 4, 7]), (" 5 ", [5]), ("10:11", [10])]
)
def test_seeds_are_one_several_or_a_range(text, seeds):
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", "a", "-1", "3:3", "5:2", "1,,2", "1.5", "0:", ":4"])
def test_anything_else_is_refused_with_the_forms_that_there_are(text):
    with pytest.raises(ConfigError, match="write one seed"):
        parse_seeds(text)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_a_list_of_seeds_is_read_back_as_it_was(seeds):
    assert parse_seeds(",".join(map(str, seeds))) == seeds


def test_a_policy_with_random_weights_ends_by_chunks_and_others_by_success():
    assert chunk_limit(DemoOptions(policy="tiny")) == UNTRAINED_CHUNKS
    assert chunk_limit(DemoOptions(policy="expert")) == 0
    assert chunk_limit(DemoOptions(policy="expert", chunks=5)) == 5

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from molmoact.processing.layout import PADDING, ImageTokens, pad_left, stack_padded

TOKENS = ImageTokens(start=1, end=2, patch=3, column=4)


def test_a_grid_is_rows_of_patches_that_end_in_a_column_token():
    assert TOKENS.grid(2, 3) == [1, 3, 3, 3, 4, 3, 3, 3, 4, 2]


@given(st.lists(st.lists(st.integers(5, 99), min_size=1, max_size=20), min_size=1, max_size=4))
def test_padding_goes_in_front_and_is_masked(rows):
    ids, mask = pad_left(rows, 7)
    assert ids.shape == mask.shape == (len(rows), max(map(len, rows)))
    for row, padded, kept in zip(rows, ids, mask, strict=True):
        assert padded[kept.bool()].tolist() == row
        assert kept.sum() == len(row)
        assert (padded[~kept.bool()] == 7).all()
        assert kept.tolist() == sorted(kept.tolist())


def test_shorter_arrays_end_in_padding():
    stacked = stack_padded([np.ones((1, 2), np.float32), np.ones((3, 2), np.float32)]).numpy()
    assert stacked.shape == (2, 3, 2)
    assert (stacked[0, 1:] == PADDING).all()
    assert (stacked[1] == 1).all()

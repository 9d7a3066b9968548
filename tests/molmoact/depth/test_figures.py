"""What is said of a codebook, on one whose codes are known."""

import pytest
import torch

from molmoact.depth.figures import figures_of
from molmoact.tiny.codebook import grey_level_codebook


def halves(dark, light):
    """A picture whose left half is one level of 128, and its right half another."""
    picture = torch.full((1, 320, 320), (dark + 0.5) / 128)
    picture[:, :, 160:] = (light + 0.5) / 128
    return picture


def test_two_codes_that_are_chosen_equally_often_tell_as_much_as_two():
    found = figures_of(grey_level_codebook(), [halves(0, 127), halves(127, 0), halves(0, 127)], batch=2)
    assert (found.pictures, found.used) == (3, 2)
    assert found.perplexity == pytest.approx(2.0)
    assert found.error == pytest.approx(0.0, abs=1e-6)
    assert found.spread == pytest.approx(127 / 128 / 2)


def test_what_a_code_cannot_say_is_lost():
    checks = torch.zeros(1, 320, 320)
    checks[:, ::2] = 1.0  # finer than a code's 32 x 32 pixels, which are all it knows
    found = figures_of(grey_level_codebook(), [checks])
    assert (found.used, found.perplexity) == (1, pytest.approx(1.0))
    assert found.error == pytest.approx(found.spread, rel=0.01) == pytest.approx(0.5, rel=0.01)

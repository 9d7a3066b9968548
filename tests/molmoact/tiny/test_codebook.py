import numpy as np

from molmoact.depth.codebook import DepthCodebook
from molmoact.tiny.codebook import grey_level_codebook


def test_codes_are_the_grey_levels_of_their_squares():
    codebook = DepthCodebook(grey_level_codebook())
    levels = np.arange(28, 128)
    depth = np.kron(2 * levels.reshape(10, 10) + 1, np.ones((32, 32))).astype(np.uint8)
    assert codebook.codes(depth) == tuple(levels)
    picture = codebook.picture(tuple(levels))
    assert np.all(np.diff(picture[::32, ::32].ravel().astype(int)) > 0)
    assert np.ptp(picture[:32, :32]) == 0

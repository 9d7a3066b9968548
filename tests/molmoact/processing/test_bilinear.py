import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from molmoact.processing.bilinear import resize_bilinear


@given(
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    target=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    seed=st.integers(0, 99),
)
def test_it_is_torchs_resize_up_to_the_last_bit(size, target, seed):
    image = np.random.default_rng(seed).integers(0, 256, (*size, 3)).astype(np.float32)
    planes = torch.from_numpy(image).permute(2, 0, 1)[None]
    expected = torch.nn.functional.interpolate(planes, target, mode="bilinear", align_corners=False)
    np.testing.assert_allclose(resize_bilinear(image, target), expected[0].permute(1, 2, 0).numpy(), atol=2e-4)


@pytest.mark.parametrize("target", [(5, 7), (3, 3), (11, 2)])
def test_a_flat_picture_stays_flat(target):
    assert (resize_bilinear(np.full((5, 7, 3), 77, np.float32), target) == 77).all()


def test_the_size_it_has_changes_nothing():
    image = np.random.default_rng(0).random((6, 9, 3), dtype=np.float32)
    np.testing.assert_array_equal(resize_bilinear(image, (6, 9)), image)

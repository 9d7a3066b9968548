import numpy as np
import torch

from molmoact.processing.image import Crops
from molmoact.training.batches import collate
from molmoact.training.examples import PREFIX, Example


def example(*segments, crops=None):
    numbers = np.arange(len(segments))
    return Example(numbers, numbers, np.ones(len(segments), np.float32), numbers, np.array(segments), crops)


def crops(*values, pooled):
    patches = np.stack([np.full((2, 3), value, np.float32) for value in values])
    return Crops(patches, np.ones((len(values), 2), np.float32), np.array(pooled), ((1, 1),))


def test_questions_see_what_they_share_and_themselves_but_not_each_other():
    mask = collate([example(PREFIX, 0, 1, 1)]).mask[0, 0].int().tolist()
    assert mask == [[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 1, 1]]


def test_there_is_no_mask_where_each_row_has_one_question():
    batch = collate([example(PREFIX, 0, 0), example(PREFIX, 0)])
    assert batch.mask is None
    assert batch.lengths.tolist() == [3, 2]
    assert batch.weights.tolist() == [[1, 1, 1], [1, 1, 0]]


def test_equal_crops_are_kept_once_and_windows_find_them():
    # two patches a crop; -1: outside; 3 = second crop's last patch, as of a picture before
    first = crops(5, 5, 7, pooled=[[0, 1, -1, 3], [4, 5, -1, -1]])
    second = crops(7, 8, pooled=[[0, 1, 2, 3]])
    batch = collate([example(PREFIX, 0, crops=first), example(PREFIX, 0, crops=second)])
    assert batch.crops[0, :, 0, 0].tolist() == [5, 7, 8]
    assert batch.pooled[0].tolist() == [[0, 1, -1, 1], [2, 3, -1, -1], [2, 3, 4, 5]]


def test_a_batch_without_pictures_has_none():
    batch = collate([example(PREFIX, 0)])
    assert (batch.crops, batch.crop_masks, batch.pooled) == (None, None, None)
    assert batch.to(torch.device("cpu")).ids.equal(batch.ids)

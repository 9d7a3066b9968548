from itertools import chain, islice

import numpy as np
import pytest
import torch
from PIL import Image

from molmoact.processing import MolmoActProcessor
from molmoact.profile import Resize
from molmoact.runtime.inputs import resized
from molmoact.training.feed import RowReader, Share, steps
from molmoact.training.mixture import Mixture, Ticket
from molmoact.training.rows import RowsError, RowSet
from support.golden import read_json, sha256_of


@pytest.fixture
def reader(rows_folder, small_folder):
    def make(*, longest=2304, resize=None, augment=False):
        return RowReader(
            sets=[RowSet(rows_folder)],
            weights=[1.0],
            processor=MolmoActProcessor.from_pretrained(small_folder),
            resize=resize,
            augment=augment,
            longest=longest,
            seed=1,
        )

    return make


def first_steps(reader, share, count=3, workers=0):
    return list(islice(steps(reader, Mixture([8], [1.0], 5), share, 0, workers), count))


def equal(one, other):
    return all(
        getattr(one, name).equal(getattr(other, name)) for name in ("ids", "targets", "weights", "crops", "pooled")
    )


def test_images_are_shrunk_as_in_published_fine_tuning(golden_dir):
    for entry in read_json(golden_dir / "train" / "lerobot_resize.json"):
        if "image" in entry:
            image = np.asarray(Image.open(golden_dir / entry["image"]).convert("RGB"))
            width, height = entry["out"]
            made = resized(image, Resize(width=width, height=height, method="lanczos"))
            assert sha256_of(made) == entry["sha256"]


def test_images_are_brought_to_the_size_of_the_profile(reader):
    smaller = reader(resize=Resize(width=56, height=56))
    assert not np.array_equal(
        smaller.example(Ticket(0, 0, 0)).crops.patches, reader().example(Ticket(0, 0, 0)).crops.patches
    )


def test_rows_of_a_step_are_sorted_so_that_little_is_padded(reader):
    (step,) = first_steps(reader(), Share(batch=8, micro_batch=4), 1)
    assert [batch.ids.shape[1] for batch in step] == [batch.lengths.max() for batch in step]
    padding = sum(int((batch.ids.shape[1] - batch.lengths).sum()) for batch in step)
    assert padding < 0.05 * sum(int(batch.lengths.sum()) for batch in step)
    assert all(batch.mask is None for batch in step)


def test_equal_crops_come_once(reader):
    (batch,) = first_steps(reader(), Share(batch=4, micro_batch=4), 1)[0]
    assert batch.crops.shape[1] == 8  # four rows of two views, each as a whole and as its one tile


def test_processes_share_the_passes_of_one(reader):
    alone = first_steps(reader(), Share(batch=8, micro_batch=2))
    shares = [first_steps(reader(), Share(batch=8, micro_batch=2, rank=rank, world=2)) for rank in (0, 1)]
    for number, step in enumerate(alone):
        together = [shares[index % 2][number][index // 2] for index in range(4)]
        assert all(equal(one, other) for one, other in zip(step, together, strict=True))


def test_workers_change_nothing(reader):
    share = Share(batch=4, micro_batch=2)
    here, there = first_steps(reader(augment=True), share, 2), first_steps(reader(augment=True), share, 2, workers=1)
    for one, other in zip(chain(*here), chain(*there), strict=True):
        assert equal(one, other)


def test_augmentation_is_decided_by_the_number_of_the_sample(reader):
    augmented = reader(augment=True)
    one, again, other = (augmented.example(Ticket(number, 0, 0)) for number in (3, 3, 4))
    assert torch.equal(torch.from_numpy(one.crops.patches), torch.from_numpy(again.crops.patches))
    assert not np.array_equal(one.crops.patches, other.crops.patches)
    assert not np.array_equal(one.ids, other.ids)  # the trace in the answer has moved with the image


@pytest.mark.parametrize("workers", [0, 1])
def test_a_row_over_the_cap_is_named_in_one_line(reader, workers):
    with pytest.raises(RowsError, match=r"row \d of .*: a row of \d+ tokens, 300 are allowed") as caught:
        first_steps(reader(longest=300), Share(batch=8, micro_batch=4), 1, workers)
    assert "\n" not in str(caught.value)

"""Batches for each step: samples of the mixture, read and laid out by worker processes, neighbours of like length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset

from molmoact.processing.processor import MolmoActProcessor
from molmoact.profile import Resize
from molmoact.runtime.inputs import resized
from molmoact.traces import draw_for_training
from molmoact.training.augment import jitter, random_crop
from molmoact.training.batches import Batch, collate
from molmoact.training.examples import Example, make_example
from molmoact.training.mixture import Mixture, Ticket
from molmoact.training.rows import Row, RowsError, RowSet

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Share:
    """What one process does of each step.

    Attributes:
        batch: samples of a step, all processes together.
        micro_batch: samples of one pass.
        rank: number of this process.
        world: number of processes.
    """

    batch: int
    micro_batch: int
    rank: int = 0
    world: int = 1

    @property
    def passes(self) -> int:
        """Passes of one step in this process."""
        return self.batch // (self.micro_batch * self.world)


class RowReader(Dataset[Batch | RowsError]):
    """Tickets to a batch. What is random about a sample is seeded by its number alone.

    Args:
        sets: by `Ticket.source`.
        weights: of the learnt tokens of each set.
        processor: of the checkpoint.
        resize: of every view, as the profile has it.
        augment: crop and jitter.
        longest: most tokens of a sequence.
        seed: of the augmentation.
    """

    def __init__(
        self,
        *,
        sets: Sequence[RowSet],
        weights: Sequence[float],
        processor: MolmoActProcessor,
        resize: Resize | None,
        augment: bool,
        longest: int,
        seed: int,
    ) -> None:
        self._sets = sets
        self._weights = weights
        self._processor = processor
        self._resize = resize
        self._augment = augment
        self._longest = longest
        self._seed = seed

    def letters(self, ticket: Ticket) -> int:
        """A cheap measure of how long a sample will be."""
        return self._sets[ticket.source].letters(ticket.row)

    def example(self, ticket: Ticket) -> Example:
        """Read, augment and lay out one sample.

        Raises:
            RowsError: it cannot be read, or is too long.
        """
        source = self._sets[ticket.source]
        random = np.random.default_rng((self._seed, ticket.number))
        row = source.row(ticket.row)
        images, dialogue = self._seen(row, random)
        alone = len(images) == 1
        crops = self._processor.image_processor.prepare(images, alone=alone)
        order = random.permutation(len(dialogue))
        weight = self._weights[ticket.source]
        asked = [dialogue[i] for i in order]
        try:
            return make_example(self._processor, asked, crops, alone=alone, longest=self._longest, weight=weight)
        except RowsError as error:
            raise RowsError(f"row {ticket.row} of {source.folder}: {error}") from error

    def __getitem__(self, tickets: Sequence[Ticket]) -> Batch | RowsError:
        """One batch. An error is given back, for across processes a raised one would lose its single line."""
        try:
            return collate([self.example(ticket) for ticket in tickets])
        except RowsError as error:
            return error

    def _seen(self, row: Row, random: np.random.Generator) -> tuple[list[Image], list[tuple[str, str]]]:
        """Images as the model gets them, and the dialogue with the traces where these images show them."""
        images = [resized(image, self._resize) for image in row.images]
        images[0] = draw_for_training(images[0], row.drawn)
        if not self._augment:
            return images, list(row.dialogue)
        crops = [random_crop(random, image) for image in images]
        images = [jitter(random, crop.cut(image)) for crop, image in zip(crops, images, strict=True)]
        return images, [(asked, crops[0].rewrite(answer)) for asked, answer in row.dialogue]


def steps(
    reader: RowReader, mixture: Mixture, share: Share, first_step: int, workers: int = 0
) -> Iterator[list[Batch]]:
    """The batches of this process, step after step, without end.

    The samples of a step are sorted by length before they are cut into batches, so that little is padded. As a step's
    gradient is that of all its samples together, neither this nor the number of processes changes it.

    Args:
        reader: makes batches.
        mixture: gives samples.
        share: sizes, and which part is this process's.
        first_step: counted from 0.
        workers: processes that make batches ahead; 0: none.

    Raises:
        RowsError: a row cannot be learnt from; raised when its batch comes.
    """
    loader: DataLoader[Batch | RowsError] = DataLoader(
        reader,
        sampler=_Plan(reader, mixture, share, first_step),
        batch_size=None,
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        multiprocessing_context="fork" if workers else None,
    )
    batches = iter(loader)
    while True:
        yield [_checked(batch) for batch in islice(batches, share.passes)]


class _Plan:
    """Which tickets make each batch of one process; iterated once by the loader."""

    def __init__(self, reader: RowReader, mixture: Mixture, share: Share, first_step: int) -> None:
        self._reader = reader
        self._tickets = mixture.tickets(first_step * share.batch)
        self._share = share

    def __iter__(self) -> Iterator[list[Ticket]]:
        share = self._share
        while True:
            step = sorted(islice(self._tickets, share.batch), key=self._reader.letters)
            for start in range(share.rank, share.passes * share.world, share.world):
                yield step[start * share.micro_batch : (start + 1) * share.micro_batch]


def _checked(batch: Batch | RowsError) -> Batch:
    if isinstance(batch, RowsError):
        raise batch
    return batch

"""The tokens that stand for pictures in a prompt, and how rows of unequal length become one batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedTokenizerBase

PADDING = -1
"""Value of crops, indices and masks that only fill a batch."""


@dataclass(frozen=True, slots=True)
class ImageTokens:
    """Ids of the tokens around and in a picture."""

    start: int
    end: int
    patch: int
    column: int

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerBase) -> "ImageTokens":
        """From the tokenizer's own vocabulary.

        Raises:
            ValueError: one of them is not in it.
        """
        names = ("<im_start>", "<im_end>", "<im_patch>", "<im_col>")
        vocabulary = tokenizer.get_vocab()
        absent = [name for name in names if name not in vocabulary]
        if absent:
            raise ValueError(f"the tokenizer has no {' '.join(absent)}")
        return cls(*(vocabulary[name] for name in names))

    def grid(self, rows: int, columns: int) -> list[int]:
        """One grid of windows: a start, rows that end in a column token, an end."""
        return [self.start, *([self.patch] * columns + [self.column]) * rows, self.end]

    def all(self) -> set[int]:
        """What a prompt's text must not hold."""
        return {self.start, self.end, self.patch, self.column}


def pad_left(rows: Sequence[Sequence[int]], pad_id: int) -> tuple[Tensor, Tensor]:
    """Token ids and attention mask, both int64 of shape (rows, longest), with the padding in front."""
    length = max(len(row) for row in rows)
    ids = torch.full((len(rows), length), pad_id, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, length - len(row) :] = torch.tensor(row, dtype=torch.int64)
        mask[i, length - len(row) :] = 1
    return ids, mask


def stack_padded(arrays: Sequence[NDArray[np.generic]]) -> Tensor:
    """Arrays that differ in their first length, stacked; the shorter ones end in PADDING."""
    length = max(len(array) for array in arrays)
    stacked = np.full((len(arrays), length, *arrays[0].shape[1:]), PADDING, dtype=arrays[0].dtype)
    for i, array in enumerate(arrays):
        stacked[i, : len(array)] = array
    return torch.from_numpy(stacked)

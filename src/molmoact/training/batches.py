"""Several sequences as tensors, with as little in them as can be: distinct crops once, no mask where none is needed."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from molmoact.processing.image import Crops
from molmoact.training.examples import PREFIX, Example


@dataclass(frozen=True, slots=True)
class Batch:
    """What one pass reads and learns.

    Attributes:
        ids: int64, shape (rows, longest); behind a shorter row stands anything, for nothing that is learnt sees it.
        targets: int64, shape (rows, longest).
        weights: float32, shape (rows, longest); 0 where nothing is learnt.
        positions: int64, shape (rows, longest).
        lengths: int64, shape (rows,), tokens of each row.
        mask: bool, shape (rows, 1, longest, longest), true: attend; None: each position sees all before it.
        crops: float32, shape (1, distinct crops, patches, values); None: no row has pictures.
        crop_masks: float32, shape (1, distinct crops, patches).
        pooled: int64, shape (1, windows of all rows, 4), patches among all crops; negative: none.
    """

    ids: Tensor
    targets: Tensor
    weights: Tensor
    positions: Tensor
    lengths: Tensor
    mask: Tensor | None = None
    crops: Tensor | None = None
    crop_masks: Tensor | None = None
    pooled: Tensor | None = None

    def to(self, device: torch.device) -> "Batch":
        """The same on a device."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: value.to(device) for name, value in named.items() if value is not None})


def collate(examples: Sequence[Example]) -> Batch:
    """One batch of several sequences, padded behind to the longest."""
    longest = max(len(example) for example in examples)
    rows = {
        name: torch.from_numpy(np.stack([_padded(getattr(example, name), longest) for example in examples]))
        for name in ("ids", "targets", "weights", "positions")
    }
    lengths = torch.tensor([len(example) for example in examples])
    pictures = _pictures([example.crops for example in examples if example.crops is not None])
    return Batch(**rows, lengths=lengths, mask=_mask(examples, longest), **pictures)


def _padded(values: NDArray[np.generic], length: int) -> NDArray[np.generic]:
    return np.pad(values, (0, length - len(values)))


def _mask(examples: Sequence[Example], longest: int) -> Tensor | None:
    """None where no row has several questions: then being behind is the only rule, and the fast kernels know it."""
    if all(example.segments[-1] <= 0 for example in examples):
        return None
    segments = torch.from_numpy(np.stack([_padded(example.segments, longest) for example in examples]))
    queries, keys = segments[:, :, None], segments[:, None, :]
    behind = torch.ones(longest, longest, dtype=torch.bool).tril()
    return (((queries == keys) | (keys == PREFIX)) & behind)[:, None]


def _pictures(crops: Sequence[Crops]) -> dict[str, Tensor]:
    """Distinct crops of all rows, and indices into them; a picture that needs no tiles comes as two equal crops."""
    if not crops:
        return {}
    known: dict[bytes, int] = {}
    patches: list[NDArray[np.float32]] = []
    masks: list[NDArray[np.float32]] = []
    pooled: list[NDArray[np.int64]] = []
    for each in crops:
        places = np.empty(len(each.patches), dtype=np.int64)
        for number, (pixels, mask) in enumerate(zip(each.patches, each.masks, strict=True)):
            places[number] = known.setdefault(pixels.tobytes() + mask.tobytes(), len(known))
            if places[number] == len(patches):
                patches.append(pixels)
                masks.append(mask)
        count = each.patches.shape[1]
        moved = places[each.pooled // count] * count + each.pooled % count
        pooled.append(np.where(each.pooled < 0, each.pooled, moved))
    return {
        "crops": torch.from_numpy(np.stack(patches))[None],
        "crop_masks": torch.from_numpy(np.stack(masks))[None],
        "pooled": torch.from_numpy(np.concatenate(pooled))[None],
    }

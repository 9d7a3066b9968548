"""How good a depth codebook is on pictures: how well it rebuilds them, and how many of its codes it makes use of."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from molmoact.depth.vqvae import DepthVqVae


@dataclass(frozen=True, slots=True)
class CodebookFigures:
    """Over some pictures.

    Attributes:
        pictures: how many.
        error: root mean square of what is rebuilt from codes against the picture, both 0..1.
        spread: the same for a picture that is its own mean everywhere: what codes that say nothing would reach.
        used: codes that were chosen at least once.
        perplexity: as many codes, chosen equally often, would tell as much.
    """

    pictures: int
    error: float
    spread: float
    used: int
    perplexity: float


class Pictures(Protocol):
    """Pictures as the network gets them, float (1, 320, 320) in 0..1, made when asked for."""

    def __len__(self) -> int:
        """How many."""

    def __getitem__(self, index: int, /) -> Tensor:
        """One."""


@torch.inference_mode()
def figures_of(network: DepthVqVae, pictures: Pictures, batch: int = 32) -> CodebookFigures:
    """Measure a codebook.

    Args:
        network: any size.
        pictures: at least one.
        batch: pictures a pass.
    """
    counts = torch.zeros(network.size.codes, dtype=torch.float64)
    wrong = apart = 0.0
    for start in range(0, len(pictures), batch):
        shown = torch.stack([pictures[index] for index in range(start, min(start + batch, len(pictures)))])
        codes = network.encode(shown)
        wrong += (network.decode(codes) - shown).square().mean(dim=(1, 2, 3)).sum().item()
        apart += shown.var(dim=(1, 2, 3), correction=0).sum().item()
        counts += codes.flatten().bincount(minlength=len(counts))
    shares = counts[counts > 0] / counts.sum()
    return CodebookFigures(
        pictures=len(pictures),
        error=(wrong / len(pictures)) ** 0.5,
        spread=(apart / len(pictures)) ** 0.5,
        used=len(shares),
        perplexity=torch.exp(-(shares * shares.log()).sum()).item(),
    )

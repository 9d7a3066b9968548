"""The vector-quantised autoencoder of depth pictures, with the published layout and parameter names, of any size."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

_HALVINGS = 5


@dataclass(frozen=True, slots=True)
class VqVaeSize:
    """Widths of the network; the defaults are the published checkpoint's.

    Attributes:
        hidden: channels of the first layer; they double with each of the five halvings.
        codes: entries of the codebook.
        code_width: length of an entry (512 as published; the papers' 128 is the number of codes).
        blocks: residual blocks at the narrow end.
    """

    hidden: int = 16
    codes: int = 128
    code_width: int = 512
    blocks: int = 2


class Residual(nn.Module):
    """Three convolutions around a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Shape (B, C, H, W), kept."""
        return x + self.net(x)


class Codebook(nn.Module):
    """The codes, and the running averages by which training moves them (unused otherwise, but in the checkpoint)."""

    _embedding: Tensor
    _ema_cluster_size: Tensor
    _ema_w: Tensor

    def __init__(self, codes: int, width: int) -> None:
        super().__init__()
        self.register_buffer("_embedding", torch.zeros(codes, width))
        self.register_buffer("_ema_cluster_size", torch.zeros(codes))
        self.register_buffer("_ema_w", torch.zeros(codes, width))

    def nearest(self, features: Tensor) -> Tensor:
        """Index of the nearest code by squared distance; (B, width, H, W) to (B, H, W)."""
        flat = features.movedim(1, -1)
        codes = self._embedding
        distance = flat.square().sum(-1, keepdim=True) - 2 * flat @ codes.T + codes.square().sum(-1)
        return distance.argmin(-1)

    def vectors(self, indices: Tensor) -> Tensor:
        """Codes of indices; (B, H, W) to (B, width, H, W)."""
        return self._embedding[indices].movedim(-1, 1)

    @torch.no_grad()
    def place(self, features: Tensor) -> None:
        """Put the codes on these features, (codes, width), as a start."""
        self._embedding.copy_(features)
        self._ema_w.copy_(features)
        self._ema_cluster_size.fill_(1.0)

    @property
    def shares(self) -> Tensor:
        """Part of all choices that fell on each code of late, shape (codes,)."""
        return self._ema_cluster_size / self._ema_cluster_size.sum()

    @torch.no_grad()
    def place_again(self, which: Tensor, features: Tensor) -> None:
        """Put some codes, bool (codes,), on features, (their number, width), with an average weight."""
        self._embedding[which] = features
        self._ema_cluster_size[which] = self._ema_cluster_size.mean()
        self._ema_w[which] = features * self._ema_cluster_size[which, None]

    @torch.no_grad()
    def follow(self, features: Tensor, indices: Tensor, decay: float, slack: float) -> None:
        """Move each code towards the mean of the features that chose it.

        Args:
            features: (B, width, H, W).
            indices: what they chose, (B, H, W).
            decay: of the running averages.
            slack: added to every count, so that a code that nobody chooses stays finite.
        """
        flat = features.movedim(1, -1).flatten(0, -2)
        chosen = nn.functional.one_hot(indices.flatten(), len(self._embedding)).to(flat.dtype)
        self._ema_cluster_size.mul_(decay).add_(chosen.sum(0), alpha=1 - decay)
        self._ema_w.mul_(decay).add_(chosen.T @ flat, alpha=1 - decay)
        total = self._ema_cluster_size.sum()
        size = (self._ema_cluster_size + slack) / (total + len(self._embedding) * slack) * total
        self._embedding.copy_(self._ema_w / size[:, None])


class DepthVqVae(nn.Module):
    """Depth picture (B, 1, 32 n, 32 n) in 0..1 to codes (B, n, n) and back."""

    def __init__(self, size: VqVaeSize | None = None) -> None:
        super().__init__()
        self.size = size or VqVaeSize()
        widths = [self.size.hidden * 2**level for level in range(_HALVINGS)]
        self.encoder = nn.Sequential(*_down(widths), *self._blocks(), nn.Conv2d(widths[-1], self.size.code_width, 1))
        self._vq_vae = Codebook(self.size.codes, self.size.code_width)
        self.decoder = nn.Sequential(
            nn.Conv2d(self.size.code_width, widths[-1], 1),
            nn.ReLU(),
            *self._blocks(),
            *_up(widths),
            nn.Conv2d(widths[0], 1, 1),
        )

    def _blocks(self) -> list[nn.Module]:
        return [Residual(self.size.hidden * 2 ** (_HALVINGS - 1)) for _ in range(self.size.blocks)]

    def encode(self, depth: Tensor) -> Tensor:
        """Codes, int64 (B, n, n), of depth, float (B, 1, 32 n, 32 n)."""
        return self._vq_vae.nearest(self.encoder(depth))

    @property
    def codebook(self) -> Codebook:
        """The codes."""
        return self._vq_vae

    def decode(self, codes: Tensor) -> Tensor:
        """Depth, float (B, 1, 32 n, 32 n), of codes, int64 (B, n, n)."""
        depth: Tensor = self.decoder(self._vq_vae.vectors(codes))
        return depth


def _down(widths: list[int]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for inner, outer in zip([1, *widths], widths, strict=False):
        layers += [nn.Conv2d(inner, outer, 4, stride=2, padding=1), nn.ReLU()]
    return layers


def _up(widths: list[int]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for inner, outer in zip([widths[-1], *reversed(widths)], reversed(widths), strict=False):
        layers += [nn.ConvTranspose2d(inner, outer, 4, stride=2, padding=1), nn.ReLU()]
    return layers

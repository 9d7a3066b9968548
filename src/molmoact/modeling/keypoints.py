"""The vision variant "keypoints", not published: a small convolutional network that says where things are.

From nothing, a transformer over patches takes long to learn positions. Here each image token is a keypoint: the mean
place of a heat map, and what the picture looks like there.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from molmoact.modeling.config import MolmoActAdapterConfig, MolmoActVitConfig
from molmoact.modeling.vision import CHANNELS

POOL = 2
"""Patches along a side of a window, as in the published connector."""

GRIDS = 2
"""Grids of windows a picture: of the whole, and of its tiles, which here is the whole again."""

_QUIET, _LOUD = 0.1, 4.0
"""Deviation of what the projection says, beside first embeddings of about 0.05; and by how much a place is told louder.
Left to themselves the trunk's features drown both the place and which keypoint it is of."""

_FREQUENCIES = 5
_PLACE_VALUES = 2 + 4 * _FREQUENCIES + 1


class KeypointTrunk(nn.Module):
    """Convolutions down to a quarter of the side; every place knows its position.

    Args:
        config: gives the channels (hidden_size) and the number of blocks (num_hidden_layers).
    """

    def __init__(self, config: MolmoActVitConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.grid, self.patch = config.grid, config.image_patch_size
        self.stem = nn.Sequential(
            nn.Conv2d(CHANNELS, width // 2, 5, stride=2, padding=2),
            nn.GELU(),
            nn.Conv2d(width // 2, width, 3, stride=2, padding=1),
            nn.GELU(),
        )
        self.position = nn.Conv2d(2, width, 1)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.GroupNorm(8, width),
                nn.Conv2d(width, width, 3, padding=2**number, dilation=2**number),
                nn.GELU(),
                nn.Conv2d(width, width, 1),
            )
            for number in range(config.num_hidden_layers)
        )

    def forward(self, patches: Tensor) -> Tensor:
        """Shape (crops, patches, 3 * patch * patch) -> (crops, channels, side / 4, side / 4)."""
        x = self.stem(self._picture(patches.to(self.position.weight.dtype)))
        x = x + self.position(places(x).movedim(-1, 0)[None])
        for block in self.blocks:
            x = x + block(x)
        return x

    def _picture(self, patches: Tensor) -> Tensor:
        rows = patches.unflatten(1, self.grid).unflatten(3, (self.patch, self.patch, CHANNELS))
        return rows.permute(0, 5, 1, 3, 2, 4).flatten(4, 5).flatten(2, 3)


class KeypointBackbone(nn.Module):
    """Stands where `VisionBackbone` stands, for pictures that are one tile.

    Args:
        vit: sizes of the trunk and of its input.
        adapter: width of the projection.
    """

    def __init__(self, vit: MolmoActVitConfig, adapter: MolmoActAdapterConfig) -> None:
        super().__init__()
        self.windows = vit.grid[0] // POOL, vit.grid[1] // POOL
        slots = GRIDS * self.windows[0] * self.windows[1]
        self.image_vit = KeypointTrunk(vit)
        self.heat = nn.Conv2d(vit.hidden_size, slots, 1)
        self.slot_embedding = nn.Parameter(torch.zeros(slots, adapter.text_hidden_size))
        self.projector = nn.Sequential(
            nn.Linear(2 * vit.hidden_size + _PLACE_VALUES, adapter.intermediate_size),
            nn.GELU(),
            nn.Linear(adapter.intermediate_size, adapter.text_hidden_size),
        )

    def forward(self, images: Tensor, pooled_patches_idx: Tensor, image_masks: Tensor | None = None) -> Tensor:
        """As `VisionBackbone.forward`; which crop a token speaks of is read from its window's first patch.

        Raises:
            ValueError: a picture of several tiles.
        """
        del image_masks
        batch, crops, count = images.shape[:3]
        row = torch.arange(batch, device=images.device)[:, None] * crops
        crop_of = (row + pooled_patches_idx[..., 0] // count)[(pooled_patches_idx >= 0).any(-1)]
        slots = len(self.slot_embedding)
        if len(crop_of) % slots:
            raise ValueError(f"keypoints need pictures of one tile ({slots} tokens each), got {len(crop_of)} tokens")
        which, places_of = torch.unique(crop_of[::slots], return_inverse=True)
        tokens: Tensor = self._tokens(images.flatten(0, 1)[which])[places_of]
        return tokens.flatten(0, 1)

    def look(self, patches: Tensor) -> tuple[Tensor, Tensor]:
        """Heat maps before their softmax, and where each one points: what a localising stage of training learns from.

        Args:
            patches: shape (crops, patches, values).

        Returns:
            float32, shapes (crops, slots, height, width) and (crops, slots, 2), (x, y) in -1..1.
        """
        features = self.image_vit(patches)
        heat = self.heat(features).float()
        return heat, heat.flatten(2).softmax(-1) @ places(heat).flatten(0, 1)

    def _tokens(self, patches: Tensor) -> Tensor:
        """Shape (crops, patches, values) -> (crops, slots, language hidden)."""
        features = self.image_vit(patches)
        heat = self.heat(features).float().flatten(2).softmax(-1)
        with torch.autocast(features.device.type, enabled=False):  # bfloat16 would round places to a third of a pixel
            place = _place(heat, places(features).flatten(0, 1).float()).to(features.dtype)
        seen = heat.to(features.dtype) @ features.flatten(2).mT
        around = functional.adaptive_avg_pool2d(features, self.windows).flatten(2).mT.repeat(1, GRIDS, 1)
        width = (features.shape[1],)
        looks = [functional.layer_norm(part.to(features.dtype), width) for part in (seen, around)]
        said = self.projector(torch.cat([*looks, _LOUD * place], dim=-1))
        tokens: Tensor = _QUIET * functional.layer_norm(said, said.shape[-1:]) + self.slot_embedding
        return tokens


def places(features: Tensor) -> Tensor:
    """(x, y) of each place of a map (..., height, width), in -1..1, shape (height, width, 2)."""
    y, x = (torch.linspace(-1, 1, size, device=features.device) for size in features.shape[-2:])
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1).to(features.dtype)


def _place(heat: Tensor, where: Tensor) -> Tensor:
    """What is told of each heat map's place: its mean, waves of that, and how far it spreads.

    Args:
        heat: shape (crops, slots, places), sums 1.
        where: shape (places, 2).
    """
    mean = heat @ where
    spread = heat @ where.square().sum(-1, keepdim=True) - mean.square().sum(-1, keepdim=True)
    return torch.cat([mean, _waves(mean), spread.clamp(min=1e-6).log()], dim=-1)


def _waves(places: Tensor) -> Tensor:
    """Sines and cosines of coordinates, from half a wave over the picture upwards."""
    octaves = math.pi * 2.0 ** torch.arange(_FREQUENCIES, device=places.device)
    angles = (places[..., None] * octaves).flatten(-2)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)

"""Depth codes to a picture that a person can read, depth pictures to codes, and safe loading of the network."""

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from molmoact.depth.vqvae import DepthVqVae, VqVaeSize
from molmoact_common.errors import CheckpointError

CODEBOOK_FILES = ("vae.safetensors", "vae-final.pt")
"""Names under which a checkpoint folder may hold its network: this project's, and the published one."""

GRID = 10
SIDE = 320
"""Codes and pixels a side."""


class DepthCodebook:
    """The network, ready for use on the CPU."""

    def __init__(self, network: DepthVqVae) -> None:
        self.network = network.eval()

    @classmethod
    def load(cls, path: Path) -> "DepthCodebook":
        """Read .safetensors, or a .pt of tensors alone (nothing pickled beyond them is run).

        Raises:
            CheckpointError: unreadable, or not this network.
        """
        weights = _read(path)
        try:
            network = DepthVqVae(_size_of(weights))
            network.load_state_dict(dict(weights))
        except (KeyError, RuntimeError) as error:
            raise CheckpointError(f"{path} is no depth codebook: {_one_line(error)}; check the file") from error
        return cls(network)

    @classmethod
    def beside(cls, folder: Path) -> "DepthCodebook | None":
        """The codebook in a checkpoint's folder, if it has one."""
        found = [folder / name for name in CODEBOOK_FILES if (folder / name).is_file()]
        return cls.load(found[0]) if found else None

    @torch.inference_mode()
    def picture(self, codes: Sequence[int]) -> NDArray[np.uint8]:
        """Depth picture, uint8 (320, 320), its own smallest value black and its largest white.

        Args:
            codes: 100, row-major 10 x 10.
        """
        indices = torch.tensor(codes, dtype=torch.int64).reshape(1, GRID, GRID)
        depth = self.network.decode(indices)[0, 0].numpy()
        low, high = float(depth.min()), float(depth.max())
        scaled = (depth - low) / (high - low) if high > low else np.zeros_like(depth)
        return np.asarray(scaled * 255 + 0.5, dtype=np.uint8)

    def codes(self, depth: NDArray[np.uint8]) -> tuple[int, ...]:
        """100 codes, row-major, of a depth picture, uint8 (H, W) of any size: it is squashed to 320 x 320."""
        return self.codes_of([depth])[0]

    @torch.inference_mode()
    def codes_of(self, depths: Sequence[NDArray[np.uint8]], batch: int = 8) -> list[tuple[int, ...]]:
        """Codes of many depth pictures, `batch` of them in one pass; more do not fit a core's cache."""
        found: list[tuple[int, ...]] = []
        for start in range(0, len(depths), batch):
            images = torch.stack([network_input(depth) for depth in depths[start : start + batch]])
            found += [tuple(codes) for codes in self.network.encode(images).flatten(1).tolist()]
        return found


def network_input(depth: NDArray[np.uint8]) -> Tensor:
    """What the network gets of a depth picture: float32 (1, 320, 320) in 0..1."""
    squashed = Image.fromarray(depth).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.asarray(squashed, dtype=np.float32) / np.float32(255))[None]


def _read(path: Path) -> Mapping[str, Tensor]:
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, SafetensorError, pickle.UnpicklingError, RuntimeError) as error:
        raise CheckpointError(f"cannot read the depth codebook {path}: {_one_line(error)}; check the file") from error
    weights = content.get("weights", content) if isinstance(content, Mapping) else {}
    return {name.removeprefix("module."): tensor for name, tensor in weights.items() if isinstance(tensor, Tensor)}


def _size_of(weights: Mapping[str, Tensor]) -> VqVaeSize:
    codes, code_width = weights["_vq_vae._embedding"].shape
    blocks = sum(name.startswith("encoder.") and name.endswith(".net.0.weight") for name in weights)
    return VqVaeSize(len(weights["encoder.0.weight"]), codes, code_width, blocks)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]

"""The two ways in which published checkpoints bring a picture to a size and to the range that they were trained on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from molmoact.processing.bilinear import FloatImage, resize_bilinear

Size = tuple[int, int]

CLIP_MEAN = np.array([0.48145466, 0.4578275, 0.40821073], dtype=np.float32)
CLIP_STD = np.array([0.26862954, 0.26130258, 0.27577711], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Resized:
    """A picture at its target size.

    Attributes:
        pixels: float32, shape (height, width, 3), 0..1.
        is_picture: bool, shape (height, width); false where the picture was padded.
    """

    pixels: FloatImage
    is_picture: NDArray[np.bool_]


def squash(image: NDArray[np.uint8], size: Size) -> Resized:
    """Bring to `size` without keeping the aspect ("siglip").

    There is no antialias and the result is rounded to whole grey values, because the weights were trained on that.
    """
    if image.shape[:2] != size:
        image = resize_bilinear(image.astype(np.float32), size).round().clip(0, 255).astype(np.uint8)
    return Resized(image.astype(np.float32) / np.float32(255), np.ones(size, dtype=np.bool_))


def letterbox(image: NDArray[np.uint8], size: Size) -> Resized:
    """Fit into `size` with the aspect kept, centred on black ("default")."""
    height, width = image.shape[:2]
    scale = min(np.float32(size[0]) / np.float32(height), np.float32(size[1]) / np.float32(width))
    fitted = int(np.float32(height) * scale), int(np.float32(width) * scale)
    pixels = torch.from_numpy(image.astype(np.float32) / np.float32(255)).permute(2, 0, 1)[None]
    resized = functional.interpolate(pixels, fitted, mode="bilinear", align_corners=False, antialias=True).clamp(0, 1)
    top, left = (size[0] - fitted[0]) // 2, (size[1] - fitted[1]) // 2
    inside = np.s_[top : top + fitted[0], left : left + fitted[1]]
    result = Resized(np.zeros((*size, 3), dtype=np.float32), np.zeros(size, dtype=np.bool_))
    result.pixels[inside] = resized[0].permute(1, 2, 0).numpy()
    result.is_picture[inside] = True
    return result


def to_plus_minus_one(pixels: FloatImage) -> FloatImage:
    """Normalisation "siglip": 0..1 to -1..1."""
    return np.float32(-1) + pixels * np.float32(2)


def to_clip_units(pixels: FloatImage) -> FloatImage:
    """Normalisation "openai": the mean and deviation that CLIP was trained with."""
    return (pixels - CLIP_MEAN) / CLIP_STD


RESIZE: dict[str, Callable[[NDArray[np.uint8], Size], Resized]] = {"siglip": squash, "default": letterbox}
NORMALIZE: dict[str, Callable[[FloatImage], FloatImage]] = {"siglip": to_plus_minus_one, "openai": to_clip_units}

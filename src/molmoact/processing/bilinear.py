"""Bilinear resize without antialias whose bits depend on neither threads nor processor.

torch's own differs in the last bit between one thread and several, and rounding then moves whole grey values. The order
of operations here is that of its kernel for several threads, with which the published checkpoints were run.
"""

import numpy as np
from numpy.typing import NDArray

FloatImage = NDArray[np.float32]


def resize_bilinear(image: FloatImage, size: tuple[int, int]) -> FloatImage:
    """Resize with pixel centres at half coordinates (align_corners false).

    Args:
        image: float32, shape (height, width, channels).
        size: target height and width.

    Returns:
        float32, shape (*size, channels).
    """
    low, high, low_weight, high_weight = _taps(image.shape[1], size[1])
    rows = _fused(image[:, low], low_weight[:, None], image[:, high] * high_weight[:, None])
    low, high, low_weight, high_weight = _taps(image.shape[0], size[0])
    return _fused(rows[low], low_weight[:, None, None], rows[high] * high_weight[:, None, None])


def _fused(factor: FloatImage, weight: FloatImage | np.float32, addend: FloatImage | np.float32) -> FloatImage:
    """Factor * weight + addend, rounded once as by a fused multiply-add: products of float32 are exact in float64."""
    return (factor.astype(np.float64) * weight + addend).astype(np.float32)


def _taps(source: int, target: int) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatImage, FloatImage]:
    """Indices of the two source pixels of each target pixel along one axis, and their weights."""
    scale = np.float32(source) / np.float32(target)
    centres = np.arange(target, dtype=np.float32) + np.float32(0.5)
    places = np.maximum(_fused(centres, scale, np.float32(-0.5)), 0)
    low = np.minimum(places.astype(np.int64), source - 1)
    high_weight = np.clip(places - low.astype(np.float32), 0, 1).astype(np.float32)
    return low, np.minimum(low + 1, source - 1), np.float32(1) - high_weight, high_weight

"""Depth from any source as the picture that the codebook was made for: 8 bits, near is bright, full range."""

import cv2
import numpy as np
from numpy.typing import NDArray

NEAREST, FARTHEST = 0.1, 10.0
"""Metres between which a depth camera's figures mean something (D435 data sheet: from about 0.1 to beyond 3 m)."""


def from_inverse(inverse: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Picture of relative inverse depth, any unit, shape (H, W): its smallest value is black, as published."""
    low, high = float(inverse.min()), float(inverse.max())
    return np.asarray((inverse - low) / (high - low + 1e-8) * 255, dtype=np.uint8)


def from_metric(depth: NDArray[np.uint16], unit: float) -> NDArray[np.uint8]:
    """Picture of measured depth; holes take the value of the nearest pixel that has one.

    Args:
        depth: along the optical axis, 0 where nothing was measured, shape (H, W).
        unit: metres a unit.

    Raises:
        ValueError: nothing was measured.
    """
    metres = depth.astype(np.float32) * unit
    known = (metres >= NEAREST) & (metres <= FARTHEST)
    if not known.any():
        raise ValueError(f"a depth picture has no value from {NEAREST} to {FARTHEST} m")
    return from_inverse(1 / _filled(metres, known))


def _filled(metres: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    if known.all():
        return metres
    _, nearest = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    by_label = np.zeros(int(nearest.max()) + 1, dtype=np.float32)
    by_label[nearest[known]] = metres[known]
    return np.where(known, metres, by_label[nearest])

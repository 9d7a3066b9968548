"""2D traces on images: choosing their points, bringing them to an image's size, and drawing them."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Image = NDArray[np.uint8]
PointT = TypeVar("PointT")

STEERING_SIZE = 256
CYAN = (0, 255, 255)
"""RGB of a drawn (steering) trace in training and in steering."""
YELLOW = (255, 255, 0)
"""RGB of a predicted trace on display."""

_TRAINING_THICKNESS = 2
_STEERING_THICKNESS = 3


def subsample(points: Sequence[PointT | None], count: int = 5, last: PointT | None = None) -> list[PointT]:
    """The trace of one frame: `count` of the points that are left of the episode, first and last among them.

    Args:
        points: from this frame to the episode's end; None where no gripper was found.
        count: points of a trace.
        last: used alone where no point is left.
    """
    found = [point for point in points if point is not None]
    if not found:
        return [] if last is None else [last]
    if len(found) <= count:
        return found
    return [found[index] for index in np.linspace(0, len(found) - 1, count).astype(int)]


def to_pixels(trace: ArrayLike, width: int, height: int) -> NDArray[np.int64]:
    """Points 0..255 as pixels of an image: shape (N, 2), (x, y), rounded half to even, clipped to the image.

    Raises:
        ValueError: not a list of (x, y).
    """
    points = np.asarray(trace, dtype=np.float32)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"a trace has shape (points, 2), got {points.shape}")
    limits = np.array([width - 1, height - 1], dtype=np.float32)
    scaled = points * (limits / np.float32(255))
    return np.clip(np.rint(scaled), 0, limits).astype(np.int64)


def to_model(pixels: ArrayLike, width: int, height: int) -> tuple[tuple[int, int], ...]:
    """Pixels of an image as a trace in 0..255, the scale of answers and of drawn traces.

    The factor is 255 / size, as in the published steering; clipped, for the far edge of an image would give 256.
    """
    points = np.asarray(pixels, dtype=np.float64).reshape(-1, 2)
    scaled = np.clip(np.rint(points / np.array([width, height]) * 255), 0, 255).astype(int)
    return tuple((int(x), int(y)) for x, y in scaled)


def draw(image: Image, trace: ArrayLike, colour: tuple[int, int, int], thickness: int) -> Image:
    """A copy of an RGB image with a trace in 0..255 on it; fewer than two points draw nothing.

    Raises:
        ValueError: the trace is no list of (x, y). (The published code leaves the image unmarked without a word.)
    """
    result = np.ascontiguousarray(image).copy()
    if np.size(trace) == 0:
        return result
    height, width = result.shape[:2]
    for start, end in pairwise(to_pixels(trace, width, height).tolist()):
        cv2.line(result, start, end, colour, thickness, cv2.LINE_AA)
    return result


def draw_for_training(image: Image, traces: Sequence[ArrayLike]) -> Image:
    """The overlay of trajectory-conditioned training rows, at the image's own size."""
    for trace in traces:
        image = draw(image, trace, CYAN, _TRAINING_THICKNESS)
    return image


def draw_for_steering(image: Image, traces: Sequence[ArrayLike]) -> Image:
    """The picture that a steered model sees: 256 x 256, drawn traces on it."""
    result: Image = cv2.resize(image, (STEERING_SIZE, STEERING_SIZE), interpolation=cv2.INTER_AREA)
    for trace in traces:
        result = draw(result, trace, CYAN, _STEERING_THICKNESS)
    return result


def draw_for_display(image: Image, traces: Sequence[ArrayLike]) -> Image:
    """An image with predicted traces, for a person."""
    for trace in traces:
        image = draw(image, trace, YELLOW, _TRAINING_THICKNESS)
    return image

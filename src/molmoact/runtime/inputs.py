"""From an observation to the exact arrays that the model gets: view sizes, drawn traces, the question."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pil

from molmoact.processing.processor import MolmoActProcessor
from molmoact.profile import CheckpointProfile, Resize
from molmoact.protocol.prompts import question, style_for
from molmoact.runtime.observation import Observation
from molmoact.traces import draw_for_steering, draw_for_training

Image = NDArray[np.uint8]


class ObservationError(ValueError):
    """An observation does not have what the profile needs; the message says what."""


def input_arrays(observation: Observation, profile: CheckpointProfile, processor: MolmoActProcessor) -> dict[str, Any]:
    """The model's input for an observation, as torch tensors on the CPU.

    Returns:
        input_ids, attention_mask, images, pooled_patches_idx and image_masks, batch 1 (see MolmoActProcessor).

    Raises:
        ObservationError: a view is absent or no picture, the instruction holds image tokens, or a drawn trace is for no
            arm of the profile or has fewer than two points.
    """
    views = model_views(observation, profile)
    asked = question(style_for(profile.prompt, steered=bool(observation.drawn)), observation.instruction)
    # one view stands alone, without "Image 1" before it, as in training
    pictures: Sequence[Any] = [views] if len(views) > 1 else views
    try:
        return dict(processor(images=pictures, text=asked, apply_chat_template=True))
    except ValueError as error:  # an instruction with image tokens in it, or a view that is no picture
        raise ObservationError(str(error)) from error


def model_views(observation: Observation, profile: CheckpointProfile) -> list[Image]:
    """The views in the profile's order and size, drawn traces on the first one.

    A single-view checkpoint gets the published steering picture (256 x 256, thick line). A multi-view one gets the
    overlay of its training rows, at the size at which it sees the view.

    Raises:
        ObservationError: as `input_arrays`.
    """
    absent = [name for name in profile.views if name not in observation.views]
    if absent:
        raise ObservationError(f"no image of view {', '.join(absent)}; the profile needs {', '.join(profile.views)}")
    drawn = _drawn(observation, profile)
    views = [observation.views[name] for name in profile.views]
    if drawn and profile.prompt == "single_view":
        views[0] = draw_for_steering(views[0], drawn)
    views = [resized(view, profile.resize) for view in views]
    if drawn and profile.prompt == "multi_view":
        views[0] = draw_for_training(views[0], drawn)
    return views


def digest(arrays: Mapping[str, Any]) -> str:
    """sha256 over names, types, shapes and bytes of tensors, in the order of their names."""
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name].numpy())
        total.update(f"{name} {array.dtype} {array.shape} ".encode() + array.tobytes())
    return total.hexdigest()


def _drawn(observation: Observation, profile: CheckpointProfile) -> list[Sequence[tuple[int, int]]]:
    for arm, points in observation.drawn.items():
        if arm not in profile.arms:
            raise ObservationError(f"a trace is drawn for arm {arm!r}; the profile has {', '.join(profile.arms)}")
        if len(points) < 2:  # nothing to draw, but the question would speak of a trace
            raise ObservationError(f"the drawn trace of arm {arm!r} has {len(points)} points, it needs at least two")
    return [observation.drawn[arm] for arm in profile.arms if arm in observation.drawn]


def resized(image: Image, size: Resize | None) -> Image:
    """A view at the profile's size; untouched where it has that size or the profile names none."""
    if size is None or image.shape[:2] == (size.height, size.width):
        return image
    target = (size.width, size.height)
    if size.method == "area":
        return np.asarray(cv2.resize(image, target, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    method = Pil.Resampling.BILINEAR if size.method == "bilinear" else Pil.Resampling.LANCZOS
    return np.asarray(Pil.fromarray(image).resize(target, method))

"""Depth from colour alone: Depth-Anything-V2 through transformers, for cameras that measure none."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import interpolate
from transformers import AutoModelForDepthEstimation, DPTImageProcessor
from transformers.image_utils import PILImageResampling

from molmoact.depth.pictures import from_inverse
from molmoact_common.errors import CheckpointError

SIDE = 518
"""Shorter side that a picture is brought to, as published."""

PATCH = 14


def published_processor() -> Any:
    """The published pre-processing but for the size, which `input_size` gives: cubic, ImageNet colours."""
    return DPTImageProcessor(
        keep_aspect_ratio=False,
        resample=PILImageResampling.BICUBIC,
        image_mean=[0.485, 0.456, 0.406],
        image_std=[0.229, 0.224, 0.225],
    )


def input_size(height: int, width: int, side: int = SIDE) -> dict[str, int]:
    """Pixels that a picture is brought to: the shorter side at least `side`, both whole patches, as published.

    (The processor of transformers scales as little as it can, and so makes small pictures smaller than published.)
    """
    scale = max(side / height, side / width)
    return {"height": _whole_patches(height * scale, side), "width": _whole_patches(width * scale, side)}


def _whole_patches(length: float, least: int) -> int:
    nearest = round(length / PATCH) * PATCH
    return nearest if nearest >= least else ceil(length / PATCH) * PATCH


class DepthEstimator:
    """A Depth-Anything model, ready for use."""

    def __init__(self, model: Any, side: int = SIDE) -> None:
        self._model = model.eval()
        self._processor = published_processor()
        self._side = side

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> "DepthEstimator":
        """Read a model in the format of transformers (`depth-anything/Depth-Anything-V2-Base-hf`), never from the net.

        Raises:
            CheckpointError: absent or no depth model.
        """
        try:
            model = AutoModelForDepthEstimation.from_pretrained(str(folder), local_files_only=True)
        except (OSError, ValueError) as error:
            line = " ".join(str(error).split())[:200]
            raise CheckpointError(f"cannot load the depth model {folder}: {line}; download it to a folder") from error
        return cls(model.to(device))

    @torch.inference_mode()
    def pictures(self, images: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
        """Depth pictures, uint8 (H, W), near is bright, of RGB images of one size."""
        height, width = images[0].shape[:2]
        inputs = self._processor(
            images=list(images), size=input_size(height, width, self._side), return_tensors="pt"
        ).to(self._model.device)
        predicted = self._model(**inputs).predicted_depth[:, None]
        full = interpolate(predicted, (height, width), mode="bilinear", align_corners=True)
        return [from_inverse(one) for one in full[:, 0].float().cpu().numpy()]

"""Pictures into what the vision backbone reads: crops as flattened patches, pooling indices and masks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from transformers import BaseImageProcessor

from molmoact.processing.pooling import Indices, stitched_map, whole_map, windows
from molmoact.processing.resize import NORMALIZE, RESIZE
from molmoact.processing.tiling import TileGeometry

Picture = Image.Image | NDArray[np.uint8]
CROP_MODE = "overlap-and-resize-c2"


@dataclass(frozen=True, slots=True)
class Crops:
    """One sample's pictures, prepared.

    Attributes:
        patches: float32, shape (crops, patches, 588): of each picture first the whole, then its tiles.
        masks: float32, shape (crops, patches): share of a patch that is picture and not padding.
        pooled: int64, shape (windows, 4): patches of each image token, counted over all crops; negative: none.
        grids: window (rows, columns): per picture of the whole, then of the tiles.
    """

    patches: NDArray[np.float32]
    masks: NDArray[np.float32]
    pooled: Indices
    grids: tuple[tuple[int, int], ...]


def to_rgb(picture: Picture) -> NDArray[np.uint8]:
    """A picture as uint8 RGB, shape (height, width, 3).

    Raises:
        ValueError: an array of another type or shape.
    """
    if isinstance(picture, Image.Image):
        return np.asarray(picture.convert("RGB"))
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape:
        raise ValueError(f"a picture must be uint8 (height, width, 3), got {picture.dtype} {picture.shape}")
    return picture


class MolmoActImageProcessor(BaseImageProcessor):
    """The settings of preprocessor_config.json, and what they do to a picture.

    Args:
        resize_mode: "siglip" (squash) or "default" (keep the aspect, pad).
        normalize_mode: "siglip" (-1..1) or "openai" (CLIP's mean and deviation).
        base_image_input_size: height and width of a crop, pixels.
        overlap_margins: patches by which tiles overlap, at (top and left, bottom and right).
        max_crops: tiles of a picture that comes alone.
        max_multi_image_crops: tiles of a picture that comes in a list.
        others: kept as they are and written back.

    Raises:
        ValueError: a mode that no published checkpoint has.
    """

    model_input_names = ("images", "pooled_patches_idx", "image_masks")

    def __init__(
        self,
        *,
        resize_mode: str = "siglip",
        normalize_mode: str = "siglip",
        base_image_input_size: Sequence[int] = (378, 378),
        image_patch_size: int = 14,
        image_pooling_h: int = 2,
        image_pooling_w: int = 2,
        overlap_margins: Sequence[int] = (4, 4),
        max_crops: int = 8,
        max_multi_image_crops: int = 8,
        crop_mode: str = CROP_MODE,
        pad_value: float = 0.0,
        **others: Any,
    ) -> None:
        super().__init__(**others)
        if resize_mode not in RESIZE or normalize_mode not in NORMALIZE or crop_mode != CROP_MODE:
            raise ValueError(f"no such mode: {resize_mode=} {normalize_mode=} {crop_mode=}")
        if pad_value != 0 or len(set(base_image_input_size)) != 1:
            raise ValueError(f"needs pad_value 0 and square crops: {pad_value=} {base_image_input_size=}")
        self.resize_mode = resize_mode
        self.normalize_mode = normalize_mode
        self.base_image_input_size = list(base_image_input_size)
        self.image_patch_size = image_patch_size
        self.image_pooling_h = image_pooling_h
        self.image_pooling_w = image_pooling_w
        self.overlap_margins = list(overlap_margins)
        self.max_crops = max_crops
        self.max_multi_image_crops = max_multi_image_crops
        self.crop_mode = crop_mode
        self.pad_value = pad_value

    @property
    def geometry(self) -> TileGeometry:
        """Sizes of the crops."""
        side = self.base_image_input_size[0] // self.image_patch_size
        before, after = self.overlap_margins
        return TileGeometry(side=side, patch=self.image_patch_size, margins=(before, after))

    def _crops(self, image: NDArray[np.uint8], grid: tuple[int, int]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Patches and masks of `image` covered by `grid` (rows, columns) crops."""
        geometry = self.geometry
        resized = RESIZE[self.resize_mode](image, geometry.canvas(grid))
        pixels = NORMALIZE[self.normalize_mode](resized.pixels)
        patches = [geometry.patches(crop) for crop in geometry.cut(pixels, grid)]
        masks = [geometry.patches(crop).mean(axis=1) for crop in geometry.cut(resized.is_picture, grid)]
        return np.stack(patches), np.stack(masks).astype(np.float32)

    def _prepare_one(self, picture: Picture, max_crops: int) -> Crops:
        image, geometry = to_rgb(picture), self.geometry
        grid = geometry.choose_grid(image.shape[0], image.shape[1], max_crops)
        whole = self._crops(image, (1, 1))
        tiles = whole if grid == (1, 1) else self._crops(image, grid)
        maps = whole_map(geometry), geometry.side**2 + stitched_map(geometry, grid)
        pooled = [windows(each, self.image_pooling_h, self.image_pooling_w) for each in maps]
        return Crops(
            patches=np.concatenate([whole[0], tiles[0]]),
            masks=np.concatenate([whole[1], tiles[1]]),
            pooled=np.concatenate([each.reshape(-1, each.shape[-1]) for each in pooled]),
            grids=tuple((each.shape[0], each.shape[1]) for each in pooled),
        )

    def prepare(self, pictures: Sequence[Picture], *, alone: bool = False) -> Crops:
        """All pictures of one sample.

        From the second picture on the offset of its patches is also added to the places without a patch, which so
        become the last patch of the picture before: published weights were trained on that.

        Args:
            pictures: in the order of the prompt.
            alone: the one picture was not given as a list, so `max_crops` bounds its tiles.
        """
        max_crops = self.max_crops if alone else self.max_multi_image_crops
        each = [self._prepare_one(picture, max_crops) for picture in pictures]
        offsets = np.cumsum([0] + [one.masks.size for one in each[:-1]])
        return Crops(
            patches=np.concatenate([one.patches for one in each]),
            masks=np.concatenate([one.masks for one in each]),
            pooled=np.concatenate([one.pooled + offset for one, offset in zip(each, offsets, strict=True)]),
            grids=tuple(grid for one in each for grid in one.grids),
        )

    def to_dict(self) -> Mapping[str, Any]:
        """The content of preprocessor_config.json."""
        output: dict[str, Any] = super().to_dict()
        return {key: value for key, value in output.items() if not key.startswith("_")}

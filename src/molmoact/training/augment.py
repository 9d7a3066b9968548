"""Image augmentation of post-training: a crop of nine tenths of the area, and colour jitter; traces follow the crop.

Figures: tables 7 and 10 to 14 of the paper. Two faults of the published code are mended: the crop keeps the image's own
aspect (there it is square, which makes it the middle square of a wide image every time), and traces in the answer are
moved with it. Depth codes stay: the crop moves the image by at most half a cell of their 10 x 10 grid.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pil
from PIL import ImageEnhance

Image = NDArray[np.uint8]

_AREA = 0.9
_STRENGTH = 0.2
_HUE = 0.05
_FULL = 255

_TRACE = re.compile(
    r"(trajectory of the (?:left |right )?end effector (?:in the first image )?is )(\[\[[\d\s,\[\]]*\]\])"
)


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of an image, pixels."""

    left: int
    top: int
    width: int
    height: int
    image_width: int
    image_height: int

    def cut(self, image: Image) -> Image:
        """The part, brought back to the image's size."""
        box = (self.left, self.top, self.left + self.width, self.top + self.height)
        size = (self.image_width, self.image_height)
        return np.asarray(Pil.fromarray(image).crop(box).resize(size, Pil.Resampling.BILINEAR))

    def move(self, point: tuple[int, int]) -> tuple[int, int]:
        """Where a point (x, y) in 0..255 of the image lies in the part; on its edge where it lies outside."""
        x = _moved(point[0], self.left, self.width, self.image_width)
        return x, _moved(point[1], self.top, self.height, self.image_height)

    def rewrite(self, answer: str) -> str:
        """An answer with its traces moved."""

        def moved(found: re.Match[str]) -> str:
            points = re.findall(r"\[(\d+),\s*(\d+)\]", found.group(2))
            return f"{found.group(1)}{[list(self.move((int(x), int(y)))) for x, y in points]}"

        return _TRACE.sub(moved, answer)


def random_crop(random: np.random.Generator, image: Image) -> Crop:
    """A crop of 0.9 of the area and of the image's aspect, anywhere."""
    height, width = image.shape[:2]
    kept_height, kept_width = round(height * _AREA**0.5), round(width * _AREA**0.5)
    top, left = random.integers(0, [height - kept_height + 1, width - kept_width + 1])
    return Crop(int(left), int(top), kept_width, kept_height, width, height)


def jitter(random: np.random.Generator, image: Image) -> Image:
    """Brightness, contrast and saturation by 0.8 to 1.2, hue by up to 0.05 of the circle, in any order."""
    brightness, contrast, saturation = random.uniform(1 - _STRENGTH, 1 + _STRENGTH, 3)
    turn = random.uniform(-_HUE, _HUE)
    steps: list[Callable[[Pil.Image], Pil.Image]] = [
        lambda picture: ImageEnhance.Brightness(picture).enhance(brightness),
        lambda picture: ImageEnhance.Contrast(picture).enhance(contrast),
        lambda picture: ImageEnhance.Color(picture).enhance(saturation),
        lambda picture: _turned(picture, turn),
    ]
    picture = Pil.fromarray(image)
    for index in random.permutation(len(steps)):
        picture = steps[index](picture)
    return np.asarray(picture)


def _moved(value: int, start: int, kept: int, size: int) -> int:
    return int(np.clip(round((value / _FULL * size - start) / kept * _FULL), 0, _FULL))


def _turned(picture: Pil.Image, turn: float) -> Pil.Image:
    hue, saturation, value = picture.convert("HSV").split()
    shifted = (np.asarray(hue).astype(np.int16) + round(turn * _FULL)) % (_FULL + 1)
    return Pil.merge("HSV", (Pil.fromarray(shifted.astype(np.uint8)), saturation, value)).convert("RGB")

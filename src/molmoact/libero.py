"""What LIBERO's evaluation does to camera pictures and to the gripper, for checkpoints that were trained there.

Not bit-exact in one place: the published evaluation decodes its JPEG round trip with TensorFlow's fast integer
transform, Pillow does not, and pictures differ by up to about 11 levels. Everything else is exact.
"""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pil

Image = NDArray[np.uint8]

SIDE = 256
_JPEG_QUALITY = 95
_KEPT_AREA = 0.9


def observation(raw: Image) -> Image:
    """A simulator's frame as the checkpoints saw it: upright, through JPEG, centre-cropped.

    Args:
        raw: RGB, shape (256, 256, 3), upside down as the simulator renders it.

    Raises:
        ValueError: of another size; the published resampling of other sizes is not built.
    """
    if raw.shape != (SIDE, SIDE, 3):
        raise ValueError(f"LIBERO frames are rendered at {SIDE} x {SIDE}, got {raw.shape}")
    return centre_crop(_through_jpeg(raw[::-1, ::-1]))


def centre_crop(image: Image) -> Image:
    """The middle nine tenths of the area, brought back to the image's own size."""
    height, width = image.shape[:2]
    kept_width, kept_height = (int(side * _KEPT_AREA**0.5) for side in (width, height))
    left, top = (width - kept_width) // 2, (height - kept_height) // 2
    box = (left, top, left + kept_width, top + kept_height)
    cropped = Pil.fromarray(image).crop(box).resize((width, height), Pil.Resampling.BILINEAR)
    return np.asarray(cropped)


def environment_gripper(written: float) -> float:
    """Gripper command of the environment (-1 opens, +1 closes) for a decoded value (1 open, 0 closed)."""
    return -float(np.sign(2 * written - 1))


def _through_jpeg(image: Image) -> Image:
    buffer = BytesIO()
    Pil.fromarray(image).save(buffer, format="JPEG", quality=_JPEG_QUALITY)
    return np.asarray(Pil.open(buffer))

"""Views for browsers: the newest picture of each, as JPEG, encoded once for all who look."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

QUALITY = 80


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded picture: its number rises by one with every new one, `data` is what goes over the socket."""

    number: int
    data: bytes


class Pictures:
    """The newest picture of each view; a view is known by its place in the list of names."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self._newest: dict[str, Picture] = {}

    def put(self, name: str, image: NDArray[np.uint8]) -> None:
        """Encode `image`, RGB (height, width, 3) or grey (height, width), as the newest of `name`.

        The first byte of what is sent is the view's place in `names`, the rest is the JPEG.
        """
        blue_first = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
        _, encoded = cv2.imencode(".jpg", blue_first, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        before = self._newest.get(name)
        number = before.number + 1 if before else 1
        self._newest[name] = Picture(number, bytes([self.names.index(name)]) + encoded.tobytes())

    def news(self, since: dict[str, int]) -> list[bytes]:
        """What is newer than `since` (name -> number), which is brought up to date; older ones are left out."""
        fresh = [(name, one) for name, one in self._newest.items() if since.get(name, 0) < one.number]
        since.update({name: picture.number for name, picture in fresh})
        return [picture.data for _, picture in fresh]

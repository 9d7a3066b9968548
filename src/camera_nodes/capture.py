"""What a device hands out: one capture, and the lens that it was seen through."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera_nodes.stamps import StampDomain


@dataclass(frozen=True, slots=True)
class Lens:
    """Intrinsics of the color picture: pixels, and the five coefficients of `distortion` (a ROS model name)."""

    width: int
    height: int
    fx: float
    fy: float
    ppx: float
    ppy: float
    coefficients: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0, 0.0)
    distortion: str = "plumb_bob"


@dataclass(frozen=True, slots=True)
class Capture:
    """One synchronised set of pictures.

    Attributes:
        rgb: uint8, shape (height, width, 3); memory of the device's frame pool: copy what is to stay.
        depth: uint16, shape (height, width), millimetres, in the color picture's pixels, 0 where unknown; None: not
            wanted, or none came with this color picture.
        frame_number: rises by one a frame; a gap is a drop.
        timestamp_ms: the device's stamp.
        domain: clock of that stamp.
        stream: number of the start that it belongs to; rises with every start.
    """

    rgb: NDArray[np.uint8]
    depth: NDArray[np.uint16] | None
    frame_number: int
    timestamp_ms: float
    domain: StampDomain
    stream: int

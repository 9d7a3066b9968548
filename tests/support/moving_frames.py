"""A renderer for tests: writes changing pictures into the frame files of named cameras until it is left."""

import time
from collections.abc import Mapping
from pathlib import Path
from threading import Event, Thread

import numpy as np

from sim_cell.frames import FrameWriter, frames_path

SIZES = {"front": (320, 240), "wrist": (424, 240)}
INTRINSICS = (308.0, 309.0, 159.5, 119.5)
PERIOD_MS = 33


class MovingFrames:
    """Ticks are milliseconds of the system's clock, so that they are also the stamps that a live graph expects.

    Every picture has one color, tick % 251, and depth is `depth` everywhere.
    """

    def __init__(self, cell_dir: Path, cameras: Mapping[str, int | None]) -> None:
        self._depths = dict(cameras)
        self._writers = {
            name: FrameWriter(frames_path(cell_dir, name), *SIZES[name], INTRINSICS, depth=depth is not None)
            for name, depth in cameras.items()
        }
        self._ended = Event()
        self._thread = Thread(target=self._run)

    def __enter__(self) -> "MovingFrames":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(PERIOD_MS / 1000):
            tick = time.time_ns() // 1_000_000
            for name, writer in self._writers.items():
                width, height = SIZES[name]
                depth = self._depths[name]
                rgb = np.full((height, width, 3), color_of(tick), np.uint8)
                writer.write(rgb, None if depth is None else np.full((height, width), depth, np.uint16), tick)


def color_of(tick: int) -> int:
    """What all pixels of the picture of that tick are."""
    return tick % 251

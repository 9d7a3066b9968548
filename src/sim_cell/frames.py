"""Frames of one simulated camera in a mapped file, between one renderer and any readers; nobody sees half a frame.

Two slots take turns. `started` counts the frames whose writing began and `published` those that are whole; frame n lies
in slot n % 2, so it stays whole until frame n + 2 begins. A reader copies a slot and then looks whether that happened.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from molmoact_common.errors import ConfigError

MAGIC = b"MMAFRAME"
VERSION = 1
_SLOTS = 2
_ATTEMPTS = 8
_HEADER = np.dtype(
    [
        ("magic", "S8"),
        ("version", "<u4"),
        ("width", "<u4"),
        ("height", "<u4"),
        ("has_depth", "<u4"),
        ("intrinsics", "<f8", (4,)),
        ("started", "<u8"),
        ("published", "<u8"),
    ]
)

Intrinsics = tuple[float, float, float, float]
"""fx, fy, ppx, ppy in pixels; the simulated lenses have no distortion."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One rendered view.

    Attributes:
        rgb: uint8, shape (height, width, 3).
        depth: uint16, shape (height, width), in the depth units of the device, 0 where unknown; None: no depth.
        tick: world tick (milliseconds) at which it was seen.
    """

    rgb: NDArray[np.uint8]
    depth: NDArray[np.uint16] | None
    tick: int


def _slot_type(width: int, height: int, depth: bool) -> np.dtype[np.void]:
    fields: list[tuple[str, str] | tuple[str, str, tuple[int, ...]]] = [
        ("tick", "<i8"),
        ("rgb", "u1", (height, width, 3)),
    ]
    if depth:
        fields.append(("depth", "<u2", (height, width)))
    return np.dtype(fields, align=True)


def frames_path(cell_dir: Path, camera: str) -> Path:
    """Where the frames of the camera of that name lie in a cell's directory."""
    return cell_dir / f"{camera}.frames"


class FrameWriter:
    """The one writer of a frame file; creating it replaces a file of that name at once, never half-made.

    Args:
        path: the file; its folder must exist.
        width: pixels.
        height: pixels.
        intrinsics: of the rendering.
        depth: whether every frame has a depth picture.
    """

    def __init__(self, path: Path, width: int, height: int, intrinsics: Intrinsics, *, depth: bool) -> None:
        slots = _slot_type(width, height, depth)
        header = np.zeros((), dtype=_HEADER)
        header["magic"], header["version"] = MAGIC, VERSION
        header["width"], header["height"], header["has_depth"] = width, height, depth
        header["intrinsics"] = intrinsics
        draft = path.with_name(f".{path.name}.new")
        draft.write_bytes(header.tobytes() + bytes(_SLOTS * slots.itemsize))
        self._has_depth = depth
        self._header = np.memmap(draft, dtype=_HEADER, mode="r+", shape=(1,))
        self._slots = np.memmap(draft, dtype=slots, mode="r+", offset=_HEADER.itemsize, shape=(_SLOTS,))
        draft.replace(path)

    def write(self, rgb: NDArray[np.uint8], depth: NDArray[np.uint16] | None, tick: int) -> None:
        """Publish one frame.

        Args:
            rgb: uint8, shape (height, width, 3).
            depth: uint16, shape (height, width); None exactly where the file has no depth.
            tick: world tick; rises with every frame.

        Raises:
            ValueError: a picture is missing, superfluous or of another size.
        """
        if (depth is not None) != self._has_depth:
            raise ValueError(f"this file {'needs' if self._has_depth else 'has no'} depth")
        number = int(self._header["published"][0]) + 1
        self._header["started"][0] = number
        slot = self._slots[number % _SLOTS]
        _fill(slot["rgb"], rgb)
        if depth is not None:
            _fill(slot["depth"], depth)
        self._slots["tick"][number % _SLOTS] = tick
        self._header["published"][0] = number

    def close(self) -> None:
        """Let go of the mapping; the file stays for whoever made its folder."""
        del self._header, self._slots


def _fill(target: NDArray[np.generic], picture: NDArray[np.generic]) -> None:
    if target.shape != picture.shape or target.dtype != picture.dtype:
        raise ValueError(f"expected {target.dtype}{target.shape}, got {picture.dtype}{picture.shape}")
    target[...] = picture


class FrameReader:
    """Reads a frame file that a `FrameWriter` made; any number of them may read one file.

    Attributes:
        width: pixels.
        height: pixels.
        has_depth: whether frames carry depth.
        intrinsics: fx, fy, ppx, ppy.

    Raises:
        ConfigError: the file is absent, or not a frame file of this version.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._inode = path.stat().st_ino
            self._header = np.memmap(path, dtype=_HEADER, mode="r", shape=(1,))
        except (OSError, ValueError) as error:
            raise ConfigError(f"cannot read camera frames from {path}: {error}; is the renderer running?") from error
        head = self._header[0]
        if head["magic"] != MAGIC or head["version"] != VERSION:
            raise ConfigError(f"{path} holds no camera frames of version {VERSION}; use the renderer of this release")
        self.width, self.height, self.has_depth = int(head["width"]), int(head["height"]), bool(head["has_depth"])
        fx, fy, ppx, ppy = (float(value) for value in head["intrinsics"])
        self.intrinsics: Intrinsics = (fx, fy, ppx, ppy)
        slots = _slot_type(self.width, self.height, self.has_depth)
        try:
            self._slots = np.memmap(path, dtype=slots, mode="r", offset=_HEADER.itemsize, shape=(_SLOTS,))
        except ValueError as error:
            raise ConfigError(f"{path} is too short for its frames: {error}; start the renderer again") from error

    def read_newer(self, after_tick: int) -> Frame | None:
        """A copy of the newest whole frame if its tick is above `after_tick` (-1: any), else None."""
        for _ in range(_ATTEMPTS):
            number = int(self._header["published"][0])
            if number == 0 or int(self._slots["tick"][number % _SLOTS]) <= after_tick:
                return None
            frame = self._copy(number % _SLOTS)
            if int(self._header["started"][0]) < number + _SLOTS and frame.tick > after_tick:
                return frame
        return None

    def is_current(self) -> bool:
        """Whether the file of that name is still this one: a restarted writer puts another in its place."""
        try:
            return self._path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    def _copy(self, index: int) -> Frame:
        slot = self._slots[index]
        depth = np.array(slot["depth"]) if self.has_depth else None
        return Frame(np.array(slot["rgb"]), depth, int(slot["tick"]))

    def close(self) -> None:
        """Let go of the mapping."""
        del self._header, self._slots

"""From an episode to what its rows are made of: pictures as the model sees them, depth codes, traces, chunks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from molmoact.curation.episodes import Array, Episode
from molmoact.curation.rows import Frame, Trace
from molmoact.depth.codebook import DepthCodebook
from molmoact.depth.pictures import from_metric
from molmoact.profile import CheckpointProfile
from molmoact.protocol.actions import bins_of, chunk_at, normalise
from molmoact.protocol.statistics import ActionStatistics
from molmoact.traces import subsample, to_model

Picture = NDArray[np.uint8]
_BATCH = 16


class DepthSource(Protocol):
    """Where depth pictures (uint8, near is bright) of an episode's first view come from."""

    def pictures(self, episode: Episode, start: int, end: int) -> Sequence[Picture]:
        """Of the rows from `start` to before `end`."""


class MeasuredDepth:
    """The depth that the camera or the simulator measured."""

    def pictures(self, episode: Episode, start: int, end: int) -> Sequence[Picture]:
        """Of the rows from `start` to before `end`.

        Raises:
            ValueError: a picture without any value.
        """
        return [from_metric(decoded_depth(png), episode.depth_unit) for png in episode.depth[start:end]]


class EstimatedDepth:
    """Depth that a network sees in the colour picture; `network` as `molmoact.depth.estimator.DepthEstimator`."""

    def __init__(self, network: "PictureNetwork") -> None:
        self._network = network

    def pictures(self, episode: Episode, start: int, end: int) -> Sequence[Picture]:
        """Of the rows from `start` to before `end`."""
        first = next(iter(episode.views.values()))
        return self._network.pictures([decoded(image) for image in first[start:end]])


class PictureNetwork(Protocol):
    """RGB images to depth pictures."""

    def pictures(self, images: Sequence[Picture]) -> list[Picture]:
        """One each."""


@dataclass(frozen=True, slots=True)
class FrameMaker:
    """Makes frames of episodes.

    Attributes:
        profile: views, size, steps of a chunk.
        statistics: of the dataset.
        depth: source of depth pictures; None: no depth codes.
        codebook: makes codes of them; None: no depth codes.
    """

    profile: CheckpointProfile
    statistics: ActionStatistics
    depth: DepthSource | None = None
    codebook: DepthCodebook | None = None

    def frames(self, episode: Episode) -> Iterator[Frame]:
        """One frame a row, in order."""
        bins = bins_of(normalise(episode.actions, self.statistics))
        first = next(iter(episode.views.values()))
        traces = traces_of(episode.hands, decoded(first[0]).shape[:2])
        codes = self._codes(episode)
        for row in range(len(episode)):
            yield Frame(
                task=episode.instruction,
                images=[as_seen(pictures[row], self.profile) for pictures in episode.views.values()],
                depth=codes[row],
                traces=traces[row],
                bins=chunk_at(bins, row, self.profile.steps),
            )

    def _codes(self, episode: Episode) -> list[tuple[int, ...]]:
        if self.depth is None or self.codebook is None:
            return [()] * len(episode)
        found: list[tuple[int, ...]] = []
        for start in range(0, len(episode), _BATCH):
            pictures = self.depth.pictures(episode, start, min(start + _BATCH, len(episode)))
            found += self.codebook.codes_of(pictures)
        return found


def traces_of(hands: Array, size: tuple[int, int]) -> list[tuple[Trace, ...]]:
    """The traces of every row: each arm's hand from there to the end of the episode.

    Args:
        hands: shape (N, arms, 2), pixels of a picture; NaN or outside of it: not seen, left out.
        size: height and width of that picture.

    Returns:
        In 0..255 of the picture. (The published script leaves them in its pixels, and the training reads them as
        0..255.)
    """
    height, width = size
    inside: NDArray[np.bool_] = np.all((hands >= -0.5) & (hands <= np.array([width, height]) - 0.5), axis=2)
    scaled = np.array([to_model(np.nan_to_num(row), width, height) for row in hands])
    seen = [
        [tuple(scaled[row, arm].tolist()) if inside[row, arm] else None for row in range(len(hands))]
        for arm in range(hands.shape[1])
    ]
    return [tuple(tuple(subsample(points[row:])) for points in seen) for row in range(len(hands))]


def as_seen(image: bytes, profile: CheckpointProfile) -> bytes:
    """The picture at the size at which the model sees it: untouched where it has that size, else a PNG."""
    if profile.resize is None:
        return image
    from molmoact.runtime.inputs import resized  # noqa: PLC0415  transformers comes with it, and takes seconds

    pixels = decoded(image)
    small = resized(pixels, profile.resize)
    if small is pixels:
        return image
    return bytes(cv2.imencode(".png", np.ascontiguousarray(small[:, :, ::-1]))[1])


def decoded(image: bytes) -> Picture:
    """RGB uint8 (height, width, 3)."""
    pixels = np.asarray(cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR), dtype=np.uint8)
    return np.ascontiguousarray(pixels[:, :, ::-1])


def decoded_depth(image: bytes) -> NDArray[np.uint16]:
    """uint16 (height, width)."""
    return np.asarray(cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_UNCHANGED), dtype=np.uint16)

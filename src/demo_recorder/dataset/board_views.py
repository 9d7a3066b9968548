"""Pictures of a calibration board out of a bag: one for each pose at which the hand that holds it stood still."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from demo_recorder.dataset.facts import published_intrinsics
from demo_recorder.dataset.ordering import by_stamp
from demo_recorder.dataset.rows import color_topic, state_topic
from demo_recorder.reading import BagReader
from demo_recorder.records import ArmRecord, ImageRecord
from molmoact.curation.calibration import Intrinsics
from molmoact_common.errors import ConfigError
from molmoact_common.poses import Pose

STILL = 0.01
"""Joint speed, rad/s, below which a picture is not smeared and its pose is the picture's."""

APART_METRES, APART_RADIANS = 0.02, 0.1
"""A pose that is nearer than this to the last one says nothing new."""


def still_pictures(reader: BagReader, view: str, arm: str) -> Iterator[tuple[Pose, NDArray[np.uint8]]]:
    """Measured TCP pose and picture, wherever the arm rests at a new pose."""
    state: ArmRecord | None = None
    last: Pose | None = None
    for entry in by_stamp(reader.entries([color_topic(view), state_topic(arm)])):
        record = entry.record
        if isinstance(record, ArmRecord):
            state = record
        elif isinstance(record, ImageRecord) and state is not None and float(np.abs(state.dq).max()) < STILL:
            if last is not None and not _apart(last, state.measured):
                continue
            last = state.measured
            yield last, record.pixels()


def intrinsics_of(reader: BagReader, view: str) -> Intrinsics:
    """What the camera published of itself.

    Raises:
        ConfigError: nothing.
    """
    found = published_intrinsics(reader, view)
    if found is None:
        raise ConfigError(f"{reader.path} has no camera_info of {view}; record it with the pictures")
    return found


def board_pictures(bag: Path, view: str, arm: str) -> tuple[Intrinsics, list[tuple[Pose, NDArray[np.uint8]]]]:
    """Intrinsics of the view, and poses with pictures.

    Raises:
        BagError: no closed bag.
        ConfigError: no intrinsics in it.
    """
    with BagReader(bag) as reader:
        return intrinsics_of(reader, view), list(still_pictures(reader, view, arm))


def _apart(first: Pose, second: Pose) -> bool:
    metres, radians = first.distance_to(second)
    return metres > APART_METRES or radians > APART_RADIANS

"""One take: from a bag to an episode, or to the reason why not."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from demo_recorder.dataset.facts import CameraModel, camera_model, check_topics, has_depth, instruction_of, succeeded
from demo_recorder.dataset.ordering import by_stamp, stamp_of
from demo_recorder.dataset.refusal import Reason, RefusedTakeError
from demo_recorder.dataset.rows import Row, RowSampler, depth_topic
from demo_recorder.dataset.settings import ConversionSettings
from demo_recorder.folders import TRASH
from demo_recorder.reading import BagError, BagReader, Entry
from demo_recorder.records import ImageRecord
from molmoact.curation.calibration import Calibration, hand_pixels
from molmoact.curation.episodes import Episode, Motion, actions_of, pose_row
from molmoact.curation.no_ops import working_rows
from molmoact.profile import CheckpointProfile
from molmoact_common.errors import ConfigError
from molmoact_common.ros.stamps import NANOSECONDS

DEPTH_UNIT = 0.001
"""Metres a unit of 16UC1 depth (REP 118; the camera node brings its devices' units to it)."""

JPEG_QUALITY = 95


def episode_of(
    bag: Path,
    profile: CheckpointProfile,
    settings: ConversionSettings,
    calibration: Calibration | None = None,
    dropped: Counter[str] | None = None,
) -> Episode:
    """Convert a take.

    Args:
        bag: its folder.
        profile: views, arms and conventions of the actions.
        settings: what is wanted.
        calibration: of the cameras; a camera that it does not name may have its own in the bag.
        dropped: counts, by filter, the rows that were left out.

    Raises:
        RefusedTakeError: with the reason.
    """
    if TRASH in bag.parts:
        raise RefusedTakeError(Reason.TRASH, f"{bag} lies in the trash folder")
    try:
        with BagReader(bag) as reader:
            return _episode(reader, profile, settings, calibration, dropped if dropped is not None else Counter())
    except (BagError, ConfigError) as error:  # the latter: what it says of itself is of another version
        raise RefusedTakeError(Reason.UNREADABLE, str(error)) from error


def _episode(
    reader: BagReader,
    profile: CheckpointProfile,
    settings: ConversionSettings,
    calibration: Calibration | None,
    dropped: Counter[str],
) -> Episode:
    check_topics(reader, profile)
    instruction = instruction_of(reader)
    _check_judgement(succeeded(reader), settings)
    model = camera_model(reader, profile.views[0], calibration)
    if model is None and settings.calibrated:
        raise RefusedTakeError(Reason.CALIBRATION, f"nothing says where {profile.views[0]} stands")
    rows, depth = _read_rows(reader, profile, settings)
    motion = _motion(rows, profile.arms)
    kept = np.arange(len(rows)) if settings.no_ops is None else working_rows(motion, settings.no_ops)
    dropped["no-op"] += len(rows) - len(kept)
    if len(kept) < settings.least_rows:
        raise RefusedTakeError(Reason.TOO_SHORT, f"{len(kept)} steps with work in them of {len(rows)}")
    chosen, motion = [rows[index] for index in kept], motion.kept(kept)
    return Episode(
        source=str(reader.path),
        instruction=instruction,
        views={view: [_encoded(row.views.images[view], settings) for row in chosen] for view in profile.views},
        depth=[depth[index] for index in kept] if depth else [],
        depth_unit=DEPTH_UNIT,
        stamps_ns=np.array([row.views.newest_ns for row in chosen], dtype=np.int64),
        steps=np.array([row.step for row in chosen], dtype=np.int64),
        measured=motion.measured,
        commanded=motion.commanded,
        actions=actions_of(motion, profile),
        hands=_hands(model, profile.arms, motion),
    )


def _check_judgement(success: bool | None, settings: ConversionSettings) -> None:
    if success is None and not settings.keep_unmarked:
        raise RefusedTakeError(Reason.UNMARKED, "mark it, or keep unmarked takes")
    if success is False and not settings.keep_failures:
        raise RefusedTakeError(Reason.FAILURE, "the task was not done")


def _read_rows(
    reader: BagReader, profile: CheckpointProfile, settings: ConversionSettings
) -> tuple[list[Row], list[bytes]]:
    sampler = RowSampler(profile.views, profile.arms, settings.view_tolerance)
    with_depth = settings.depth and has_depth(reader, profile)
    topics = [*sampler.topics, *([depth_topic(profile.views[0])] if with_depth else [])]
    entries = _of_one_clock(reader.entries(topics), settings.clock_skew)
    rows: list[Row] = []
    depth: list[bytes] = []
    for row in sampler.rows(by_stamp(entries)):
        _check_row(row, rows[-1] if rows else None, settings)
        rows.append(row)
        if with_depth:
            depth.append(_png(_depth_of(sampler, row)))
    return rows, depth


def _of_one_clock(entries: Iterator[Entry], skew: float) -> Iterator[Entry]:
    for entry in entries:
        apart = (entry.log_ns - stamp_of(entry)) / NANOSECONDS
        if abs(apart) > skew:
            raise RefusedTakeError(Reason.TWO_CLOCKS, f"{entry.topic} is stamped {apart:.1f} s before it was written")
        yield entry


def _check_row(row: Row, last: Row | None, settings: ConversionSettings) -> None:
    age = (row.stamp_ns - row.views.oldest_ns) / NANOSECONDS
    if age > settings.view_age:
        raise RefusedTakeError(Reason.VIEW_GAP, f"the newest pictures at step {row.step} are {age:.2f} s old")
    if last is None:
        return
    for arm, state in row.before.items():
        moved, _ = state.commanded.distance_to(last.after[arm].commanded)
        if moved > settings.anchor_slack:
            raise RefusedTakeError(Reason.MOVED_OTHERWISE, f"{arm} by {moved * 1000:.0f} mm before step {row.step}")


def _depth_of(sampler: RowSampler, row: Row) -> ImageRecord:
    depth = sampler.depth_of(row)
    if depth is None:
        raise RefusedTakeError(Reason.VIEW_GAP, f"no depth with the picture at {row.views.stamps[0]} ns")
    return depth


def _motion(rows: Sequence[Row], arms: Sequence[str]) -> Motion:
    measured = [[pose_row(row.seen[a].arm.measured, row.seen[a].arm.gripper_opening) for a in arms] for row in rows]
    before = [[pose_row(row.before[a].commanded, row.before[a].gripper_commanded) for a in arms] for row in rows]
    after = [[pose_row(row.after[a].commanded, row.after[a].gripper_commanded) for a in arms] for row in rows]
    return Motion(*(np.array(poses).reshape(len(rows), len(arms), 8) for poses in (measured, before, after)))


def _hands(model: CameraModel | None, arms: Sequence[str], motion: Motion) -> NDArray[np.float64]:
    if model is None:
        return np.full((len(motion), len(arms), 2), np.nan)
    places = [
        hand_pixels(model.calibration, model.intrinsics, arm, motion.measured[:, number, :3])
        for number, arm in enumerate(arms)
    ]
    return np.stack(places, axis=1)


def _encoded(image: ImageRecord, settings: ConversionSettings) -> bytes:
    if settings.images == "png":
        return _png(image)
    pixels = np.ascontiguousarray(image.pixels()[:, :, ::-1])
    return bytes(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1])


def _png(image: ImageRecord) -> bytes:
    pixels = image.pixels()
    return bytes(cv2.imencode(".png", pixels[:, :, ::-1] if pixels.ndim == 3 else pixels)[1])

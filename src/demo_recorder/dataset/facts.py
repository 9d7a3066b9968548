"""What a bag says of itself before its rows are read: topics, instruction, judgement, calibration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from demo_recorder.contract import COMPRESSED_TYPE, IMAGE_TYPE
from demo_recorder.dataset.refusal import Reason, RefusedTakeError
from demo_recorder.dataset.rows import color_topic, depth_topic, state_topic
from demo_recorder.reading import BagReader
from demo_recorder.records import CellRecord, TextRecord
from demo_recorder.types import recording_typestore
from molmoact.curation.calibration import Calibration, CameraCalibration, Intrinsics
from molmoact.profile import CheckpointProfile
from molmoact_common.errors import ConfigError
from molmoact_common.yaml_config import validate

STATE_TYPE = "molmoact_ros/msg/ArmState"
INSTRUCTION_TOPIC = "/policy/instruction"
CELL_TOPIC = "/cell/state"


@dataclass(frozen=True, slots=True)
class CameraModel:
    """The first view's calibration, complete."""

    calibration: CameraCalibration
    intrinsics: Intrinsics


def check_topics(reader: BagReader, profile: CheckpointProfile) -> None:
    """See that every view and every arm was recorded, in the types that are known here.

    Raises:
        RefusedTakeError: a topic is absent or empty, or of another type or another definition of it.
    """
    expected: dict[str, tuple[str, ...]] = dict.fromkeys(map(color_topic, profile.views), (IMAGE_TYPE, COMPRESSED_TYPE))
    expected |= dict.fromkeys(map(state_topic, profile.arms), (STATE_TYPE,))
    for topic, types in expected.items():
        if not reader.counts.get(topic):
            raise RefusedTakeError(Reason.MISSING_TOPIC, f"{topic} has no message")
        if reader.topics[topic] not in types:
            raise RefusedTakeError(Reason.WRONG_TYPE, f"{topic} is {reader.topics[topic]}, not {types[0]}")
        known = recording_typestore().hash_rihs01(reader.topics[topic])
        if reader.digests[topic] != known:
            raise RefusedTakeError(
                Reason.WRONG_TYPE, f"{topic} has another definition of {reader.topics[topic]} (type hash differs)"
            )


def has_depth(reader: BagReader, profile: CheckpointProfile) -> bool:
    """Whether aligned depth of the first view was recorded."""
    return bool(reader.counts.get(depth_topic(profile.views[0])))


def instruction_of(reader: BagReader) -> str:
    """What was asked for: one instruction for the whole take.

    Raises:
        RefusedTakeError: there is none, or it changed.
    """
    said = [e.record.text.strip() for e in reader.entries([INSTRUCTION_TOPIC]) if isinstance(e.record, TextRecord)]
    known = sorted({text for text in (*said, reader.info.instruction.strip()) if text})
    if len(known) != 1:
        raise RefusedTakeError(Reason.INSTRUCTION, f"{len(known)} instructions {known}; a take needs exactly one")
    return known[0]


def succeeded(reader: BagReader) -> bool | None:
    """The operator's judgement, else the simulated cell's at the end; None: nobody knows."""
    if reader.outcome.mark:
        return reader.outcome.mark == "success"
    cells = [entry.record for entry in reader.entries([CELL_TOPIC]) if isinstance(entry.record, CellRecord)]
    return cells[-1].success if cells else None


def camera_model(reader: BagReader, view: str, given: Calibration | None) -> CameraModel | None:
    """Calibration of a view: the one that is given, else the bag's own; None where there is neither.

    Raises:
        RefusedTakeError: it is none, or nobody knows the camera's intrinsics.
    """
    calibration = given.cameras.get(view) if given is not None else None
    if calibration is None and view in reader.info.calibration:
        calibration = _own(reader.info.calibration[view], view)
    if calibration is None:
        return None
    intrinsics = published_intrinsics(reader, view) or calibration.intrinsics
    if intrinsics is None:
        raise RefusedTakeError(Reason.CALIBRATION, f"no intrinsics of {view}: no camera_info in the bag, none given")
    return CameraModel(calibration, intrinsics)


def _own(values: Mapping[str, Any], view: str) -> CameraCalibration:
    try:
        return validate(dict(values), CameraCalibration, f"calibration of {view} in the bag")
    except ConfigError as error:
        raise RefusedTakeError(Reason.CALIBRATION, str(error)) from error


def published_intrinsics(reader: BagReader, view: str) -> Intrinsics | None:
    """Intrinsics of the first camera_info of a view; None where there is none, or an empty one."""
    for entry in reader.entries([f"/camera/{view}/color/camera_info"]):
        info: Any = entry.record
        fx, _, cx, _, fy, cy = (float(number) for number in info.k[:6])
        if fx > 0 and fy > 0:
            return Intrinsics(width=int(info.width), height=int(info.height), fx=fx, fy=fy, cx=cx, cy=cy)
    return None

"""A synthetic run for tests: invented numbers in real messages, written through the real recorder's bag.

Nobody drove an arm for it. A TCP is led from left to right over a table while twelve chunks come and go: one is refused
by the policy, one by the bridge, one is discarded, and one is still running when the recording ends.
"""

from pathlib import Path

import cv2
import numpy as np
from molmoact_ros.msg import ArmState, CellState, ChunkStatus, Reasoning
from rclpy.serialization import serialize_message
from std_msgs.msg import String

from demo_recorder.bag import BagRecorder, BagSummary
from demo_recorder.contract import RecordingContract, RecordingInfo
from molmoact_common.chunks import Chunk, Ledger
from molmoact_common.poses import DeltaFrame, Pose, RotationConvention
from molmoact_common.ros.images import image_to_message
from molmoact_common.ros.messages import chunk_to_message, ledger_to_message, pose_to_message, traces_to_messages
from molmoact_common.ros.stamps import to_time

MS = 1_000_000
CHUNKS = 12
CHUNK_PERIOD_MS = 1200
STEPS, STEP_MS = 8, 100
REFUSED_BY_POLICY, REFUSED_BY_BRIDGE, DISCARDED = 3, 6, 9
INSTRUCTION = "put the red block into the tray"
STAGE_MS = {
    "exposure": 0,
    "received": 12,
    "preprocessed": 30,
    "prefilled": 95,
    "depth": 190,
    "trace": 230,
    "action": 290,
    "bridge_received": 294,
    "first_step_applied": 300,
}
TOPICS = [
    ("/camera/front/color/image_raw", "sensor_msgs/msg/Image", "image", "png"),
    ("/camera/wrist/color/image_raw", "sensor_msgs/msg/Image", "image", "none"),
    ("/arm/arm/state", "molmoact_ros/msg/ArmState", "state", "none"),
    ("/policy/reasoning", "molmoact_ros/msg/Reasoning", "events", "none"),
    ("/policy/chunk", "molmoact_ros/msg/ActionChunk", "state", "none"),
    ("/bridge/chunk_status", "molmoact_ros/msg/ChunkStatus", "events", "none"),
    ("/policy/instruction", "std_msgs/msg/String", "latched", "none"),
    ("/cell/state", "molmoact_ros/msg/CellState", "state", "none"),
]


def synthetic_contract() -> RecordingContract:
    """The topics of the run, nothing reserved on the disk."""
    keys = ("topic", "type", "qos", "compression")
    topics = [dict(zip(keys, row, strict=True)) for row in TOPICS]
    return RecordingContract.model_validate({"name": "synthetic", "min_free_mb": 0, "topics": topics})


def write_synthetic_run(path: Path, chunks: int = CHUNKS, with_cell: bool = True) -> BagSummary:
    """Write the bag; `chunks` of them, and the cell's knowledge or not."""
    info = RecordingInfo(instruction=INSTRUCTION, robot=("arm",), cameras=("front", "wrist"), policy="synthetic")
    recorder = BagRecorder(path, synthetic_contract(), info)
    end_ms = 200 + chunks * CHUNK_PERIOD_MS
    events = [*_arm_states(end_ms), *_images(end_ms)]
    events += [event for sequence in range(1, chunks + 1) for event in _chunk_events(sequence, sequence == chunks)]
    events += _cell_states(end_ms) if with_cell else []
    events.append((0, "/policy/instruction", String(data=INSTRUCTION)))
    for at_ms, topic, message in sorted(events, key=lambda event: event[0]):
        recorder.write(topic, at_ms * MS, serialize_message(message))
    return recorder.close({"/camera/wrist/color/image_raw": 2})


def front_picture(progress: float) -> np.ndarray:
    """The invented front view, uint8 (240, 320, 3), RGB."""
    picture = np.full((240, 320, 3), (176, 184, 192), np.uint8)
    cv2.fillPoly(picture, [np.array([(30, 110), (290, 110), (318, 238), (2, 238)])], (146, 112, 82))
    cv2.rectangle(picture, (222, 150), (282, 196), (70, 76, 88), -1)
    for (x, y), colour in {(70, 170): (205, 52, 44), (120, 205): (48, 92, 200), (160, 150): (60, 160, 76)}.items():
        cv2.rectangle(picture, (x - 10, y - 10), (x + 10, y + 10), colour, -1)
    x, y = _pixel(progress)
    cv2.line(picture, (x, 0), (x, y), (232, 234, 238), 16)
    cv2.rectangle(picture, (x - 14, y - 10), (x + 14, y + 6), (60, 62, 68), -1)
    return picture


def step_target(step: float) -> Pose:
    """Commanded TCP after so many steps."""
    s = min(step / (STEPS * CHUNKS), 1.0)
    position = np.array([0.45 + 0.08 * np.sin(3 * s), -0.2 + 0.4 * s, 0.12 + 0.15 * np.sin(np.pi * s)])
    return Pose(position, np.array([1.0, 0.0, 0.0, 0.0]))


def _pixel(progress: float) -> tuple[int, int]:
    return int(70 + 180 * progress), int(160 - 90 * np.sin(np.pi * progress))


def _start_ms(sequence: int) -> int:
    return 100 + (sequence - 1) * CHUNK_PERIOD_MS


def _steps_of(sequence: int) -> int:
    return {REFUSED_BY_POLICY: 0, REFUSED_BY_BRIDGE: 0, DISCARDED: 5}.get(sequence, STEPS)


def _steps_made(at_ms: int) -> int:
    made = 0
    for sequence in range(1, CHUNKS + 1):
        since = at_ms - _start_ms(sequence) - STAGE_MS["first_step_applied"]
        made += min(max(since // STEP_MS + 1, 0), _steps_of(sequence))
    return made


def _arm_states(end_ms: int):
    for at_ms in range(0, end_ms, 10):
        step = _steps_made(at_ms)
        running = step != _steps_made(at_ms - STEP_MS)
        message = ArmState(arm="arm", mode=ArmState.RUNNING if running else ArmState.HOLDING, command_step=step)
        message.header.stamp = to_time(at_ms * MS)
        message.commanded = pose_to_message(step_target(step))
        message.measured = pose_to_message(_measured(at_ms))
        message.gripper_opening = message.gripper_commanded = 1.0 if step < 40 else 0.0
        message.robot_time_ms = at_ms
        yield at_ms, "/arm/arm/state", message


def _measured(at_ms: int) -> Pose:
    late = step_target(float(np.mean([_steps_made(at_ms - delay) for delay in range(40, 260, 20)])))
    return Pose(late.position - np.array([0.0, 0.0, 0.002 + 0.002 * np.sin(at_ms / 900)]), late.quaternion)


def _images(end_ms: int):
    for at_ms in range(0, end_ms, 200):
        picture = front_picture(at_ms / end_ms)
        yield at_ms + 5, "/camera/front/color/image_raw", image_to_message(picture, "rgb8", at_ms * MS, "front_optical")
        wrist = cv2.resize(picture[100:200, 60:160], (64, 36))
        yield at_ms + 5, "/camera/wrist/color/image_raw", image_to_message(wrist, "rgb8", at_ms * MS, "wrist_optical")


def _ledger(sequence: int, until: str) -> Ledger:
    ledger, stretch = Ledger(forward_passes=40 + sequence), 1 + 0.06 * (sequence % 4)
    for name, offset in STAGE_MS.items():
        setattr(ledger, name, _start_ms(sequence) * MS + int(offset * stretch * MS))
        if name == until:
            break
    return ledger


def _chunk_events(sequence: int, last: bool):
    yield from _reasonings(sequence)
    if sequence == REFUSED_BY_POLICY:
        return
    at_ms = _start_ms(sequence)
    first = _steps_made(at_ms)
    poses = [step_target(first + row) for row in range(STEPS + 1)]
    deltas = np.zeros((STEPS, 7))
    deltas[:, :3] = np.diff([pose.position for pose in poses], axis=0)
    deltas[:, 6] = 1.0 if first < 40 else 0.0
    chunk = Chunk(
        sequence=sequence,
        observation_ns=at_ms * MS,
        command_step=first,
        arms=("arm",),
        deltas=deltas,
        step_period=STEP_MS / 1000,
        frame=DeltaFrame.BASE,
        rotation=RotationConvention.EULER_XYZ,
        model="synthetic",
        instruction=INSTRUCTION,
        ledger=_ledger(sequence, "action"),
    )
    yield at_ms + 291, "/policy/chunk", chunk_to_message(chunk)
    if sequence == REFUSED_BY_BRIDGE:
        yield at_ms + 295, *_status(sequence, ChunkStatus.REFUSED, 0, "row 0 leaves the workspace box")
        return
    yield at_ms + 300, *_status(sequence, ChunkStatus.ACCEPTED, 0, "")
    if sequence == DISCARDED:
        yield at_ms + 800, *_status(sequence, ChunkStatus.DISCARDED, 5, "step 5: 31 N at the TCP", ["speed_cap"])
    elif not last:
        yield at_ms + 1095, *_status(sequence, ChunkStatus.FINISHED, STEPS, "", ["workspace"] if sequence == 2 else [])


def _reasonings(sequence: int):
    message = Reasoning(sequence=sequence, instruction=INSTRUCTION, model="synthetic")
    message.header.stamp = to_time(_start_ms(sequence) * MS)
    yield _start_ms(sequence) + 12, *_stage(message, Reasoning.STAGE_OBSERVED, _ledger(sequence, "received"))
    message.depth_codes = [(row * 9 + column * 3 + sequence) % 128 for row in range(10) for column in range(10)]
    yield _start_ms(sequence) + 190, *_stage(message, Reasoning.STAGE_DEPTH, _ledger(sequence, "depth"))
    if sequence == REFUSED_BY_POLICY:
        message.why = "row 4 of the action has 6 of 7 symbols"
        yield _start_ms(sequence) + 290, *_stage(message, Reasoning.STAGE_REFUSED, _ledger(sequence, "action"))
        return
    start = (sequence - 1) / CHUNKS
    pixels = [_pixel(start + (1 - start) * part) for part in (0.0, 0.25, 0.5, 0.75, 1.0)]
    message.traces = traces_to_messages({"arm": [(x * 255 // 319, y * 255 // 239) for x, y in pixels]})
    yield _start_ms(sequence) + 230, *_stage(message, Reasoning.STAGE_TRACE, _ledger(sequence, "trace"))
    message.text = "The depth map of the image is … <b>not markup</b>"
    yield _start_ms(sequence) + 290, *_stage(message, Reasoning.STAGE_ACTION, _ledger(sequence, "action"))


def _stage(message: Reasoning, stage: int, ledger: Ledger):
    message.stage, message.ledger = stage, ledger_to_message(ledger)
    copy = Reasoning(**{name: getattr(message, name) for name in Reasoning.get_fields_and_field_types()})
    return "/policy/reasoning", copy


def _status(sequence: int, status: int, done: int, reason: str, clipped: list[str] | None = None):
    ledger = _ledger(sequence, "first_step_applied" if status != ChunkStatus.REFUSED else "bridge_received")
    if status in (ChunkStatus.FINISHED, ChunkStatus.DISCARDED):
        ledger.last_step_applied = ledger.first_step_applied + (done - 1) * STEP_MS * MS
    message = ChunkStatus(sequence=sequence, status=status, steps_done=done, reason=reason, clipped=clipped or [])
    message.ledger = ledger_to_message(ledger)
    return "/bridge/chunk_status", message


def _cell_states(end_ms: int):
    for at_ms in range(0, end_ms, 50):
        message = CellState(tick=at_ms, seed=4, task="block_into_tray", instruction=INSTRUCTION)
        message.header.stamp = to_time(at_ms * MS)
        message.progress = at_ms / end_ms
        message.success = at_ms > 0.9 * end_ms
        yield at_ms, "/cell/state", message

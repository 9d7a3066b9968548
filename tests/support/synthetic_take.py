"""A synthetic take for tests: an invented demonstration in real messages, written through the real recorder's bag.

Ten steps a second, states every 10 ms, pictures every 50 ms (written 20 ms after their exposure), depth with the first
view. A test breaks it by changing `Take`'s events before it is written.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from molmoact_ros.msg import ArmState, CellState
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import String

from demo_recorder.bag import BagRecorder
from demo_recorder.contract import RecordingContract, RecordingInfo, TakeOutcome
from molmoact.curation.episodes import Motion, pose_of
from molmoact_common.ros.images import image_to_message
from molmoact_common.ros.messages import pose_to_message
from molmoact_common.ros.stamps import to_time
from support.invented_episode import INSTRUCTION, invented_motion, picture

MS = 1_000_000
STEP_MS, STATE_MS, IMAGE_MS, LATENCY_MS = 100, 10, 50, 20
START_MS = 200
CALIBRATION = {"camera": {"position": [0.4, 0.0, 1.0], "quaternion": [1.0, 0.0, 0.0, 0.0]}}
"""A camera one metre above the table, looking down."""

Event = tuple[int, str, Any]
"""Log time (ms), topic, message."""

Change = Callable[[list[Event]], list[Event]]


def events_of(motion: Motion, arms: tuple[str, ...], views: tuple[str, ...], end_ms: int) -> list[Event]:
    """Everything that is recorded, in no order."""
    events: list[Event] = [(0, "/policy/instruction", String(data=INSTRUCTION))]
    for at_ms in range(0, end_ms, STATE_MS):
        events += [(at_ms, f"/arm/{arm}/state", _state(motion, at_ms, arm, n)) for n, arm in enumerate(arms)]
    for at_ms in range(0, end_ms, IMAGE_MS):
        for view in views:
            image = image_to_message(picture(at_ms // IMAGE_MS % 15), "rgb8", at_ms * MS, f"{view}_optical_frame")
            events.append((at_ms + LATENCY_MS, f"/camera/{view}/color/image_raw", image))
        depth = np.full((48, 64), 600 + at_ms // IMAGE_MS, np.uint16)
        message = image_to_message(depth, "16UC1", at_ms * MS, "front_optical_frame")
        events.append((at_ms + LATENCY_MS, f"/camera/{views[0]}/aligned_depth_to_color/image_raw", message))
    info = CameraInfo(width=64, height=48, k=[60.0, 0.0, 31.5, 0.0, 60.0, 23.5, 0.0, 0.0, 1.0])
    info.header.stamp = to_time(0)
    events.append((5, f"/camera/{views[0]}/color/camera_info", info))
    return events


def write_take(
    path: Path,
    *,
    rows: int = 12,
    arms: tuple[str, ...] = ("arm",),
    views: tuple[str, ...] = ("front", "wrist"),
    mark: str = "success",
    instruction: str = INSTRUCTION,
    calibrated: bool = True,
    change: Change = lambda events: events,
    motion: Motion | None = None,
) -> Motion:
    """Write the bag; the motion that it shows. `rows` steps are commanded, the first at 200 ms."""
    motion = motion or invented_motion(rows, len(arms))
    events = change(events_of(motion, arms, views, START_MS + rows * STEP_MS + 50))
    types = {topic: _type_name(message) for _, topic, message in events}
    contract = {
        "name": "synthetic",
        "min_free_mb": 0,
        "topics": [{"topic": topic, "type": name, "qos": "state"} for topic, name in types.items()],
    }
    info = RecordingInfo(
        instruction=instruction,
        robot=arms,
        cameras=views,
        calibration={views[0]: CALIBRATION} if calibrated else {},
    )
    recorder = BagRecorder(path, RecordingContract.model_validate(contract), info)
    for at_ms, topic, message in sorted(events, key=lambda event: event[0]):
        recorder.write(topic, at_ms * MS, serialize_message(message))
    recorder.close(outcome=TakeOutcome.model_validate({"mark": mark}))
    return motion


def cell_says(success: bool) -> Change:
    """Add the simulated cell's judgement."""
    return lambda events: [*events, (900, "/cell/state", CellState(success=success))]


def _state(motion: Motion, at_ms: int, arm: str, number: int) -> ArmState:
    made = min(max((at_ms - START_MS) // STEP_MS + 1, 0), len(motion))
    pose = motion.commanded[0, number] if made == 0 else motion.targets[made - 1, number]
    measured = motion.measured[min(made, len(motion) - 1), number]
    message = ArmState(arm=arm, mode=ArmState.RUNNING, command_step=40 + made, robot_time_ms=at_ms)
    message.header.stamp = to_time(at_ms * MS)
    message.commanded, message.measured = pose_to_message(pose_of(pose)), pose_to_message(pose_of(measured))
    message.gripper_commanded, message.gripper_opening = float(pose[7]), float(measured[7])
    return message


def _type_name(message: Any) -> str:
    package, _, _ = type(message).__module__.split(".", 2)
    return f"{package}/msg/{type(message).__name__}"

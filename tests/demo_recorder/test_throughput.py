"""What the recorder must bear: three views 640x480 at 30 Hz and an arm at 100 Hz, paced, counted on both sides."""

import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from molmoact_ros.msg import ArmState
from rclpy.serialization import serialize_message

from demo_recorder.contract import RecordingContract, RecordingInfo
from demo_recorder.reading import BagReader
from demo_recorder.take import Take
from molmoact_common.ros.images import image_to_message

SECONDS, FRAME_HZ, STATE_HZ = 5, 30, 100
VIEWS = [f"/camera/{name}/color/image_raw" for name in ("front", "left_wrist", "right_wrist")]
STATE = "/arm/arm/state"
CONTRACT = RecordingContract.model_validate(
    {
        "name": "test",
        "min_free_mb": 0,
        "topics": [
            *({"topic": view, "type": "sensor_msgs/msg/Image", "qos": "image"} for view in VIEWS),
            {"topic": STATE, "type": "molmoact_ros/msg/ArmState", "qos": "state"},
        ],
    }
)


def schedule() -> list[tuple[float, str]]:
    """(second, topic) of every message, in order."""
    frames = [(number / FRAME_HZ, view) for number in range(SECONDS * FRAME_HZ) for view in VIEWS]
    states = [(number / STATE_HZ, STATE) for number in range(SECONDS * STATE_HZ)]
    return sorted(frames + states)


@pytest.mark.slow
def test_no_message_of_three_views_and_an_arm_is_lost(tmp_path: Path):
    picture = np.random.default_rng(1).integers(0, 255, (480, 640, 3), np.uint8)
    raw = dict.fromkeys(VIEWS, serialize_message(image_to_message(picture, "rgb8", 0, "optical")))
    raw[STATE] = serialize_message(ArmState(arm="arm"))
    take = Take(tmp_path / "bag", CONTRACT, RecordingInfo(), 0)
    begun, sent = time.monotonic(), Counter[str]()
    for at, topic in schedule():
        time.sleep(max(0.0, begun + at - time.monotonic()))
        take.put(topic, int(at * 1e9), raw[topic], sent[topic])
        sent[topic] += 1
    take.end()
    assert take.summary is not None
    assert take.summary.drops == {}
    with BagReader(tmp_path / "bag") as bag:
        assert bag.counts == dict(sent)

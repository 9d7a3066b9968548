"""Three cameras and two arms that cost next to nothing: noise at 15 Hz and states at 100 Hz, until it is ended."""

import sys
from typing import Any

import numpy as np
from molmoact_ros.msg import ArmState
from rclpy.node import Node
from sensor_msgs.msg import Image

from molmoact_common.ros import qos
from molmoact_common.ros.images import image_to_message
from molmoact_common.ros.nodes import run_node

VIEWS = {"front": (240, 320), "left_wrist": (240, 424), "right_wrist": (240, 424)}
"""Height and width: those of the cell with two arms."""

ARMS = ("left", "right")
PICTURES = 8
"""Different ones, in turn."""


class ViewSource(Node):
    """The node; the pictures are smooth, as a camera's are, so that JPEG has its usual work."""

    def __init__(self, **options: Any) -> None:
        super().__init__("view_source", **options)
        random = np.random.default_rng(0)
        self._turn = 0
        self._pictures = {view: [_picture(random, *size) for _ in range(PICTURES)] for view, size in VIEWS.items()}
        self._images = {v: self.create_publisher(Image, f"camera/{v}/color/image_raw", qos.IMAGE) for v in VIEWS}
        self._states = {arm: self.create_publisher(ArmState, f"arm/{arm}/state", qos.STATE) for arm in ARMS}
        self.create_timer(1 / 15, self._show)
        self.create_timer(1 / 100, self._tell)

    def _show(self) -> None:
        self._turn += 1
        for view, publisher in self._images.items():
            publisher.publish(self._pictures[view][self._turn % PICTURES])

    def _tell(self) -> None:
        for arm, publisher in self._states.items():
            publisher.publish(ArmState(arm=arm, mode=ArmState.RUNNING, command_step=self._turn))


def _picture(random: np.random.Generator, height: int, width: int) -> Any:
    coarse = random.integers(0, 256, (height // 16, width // 16 + 1, 3), dtype=np.uint8)
    fine = np.kron(coarse, np.ones((16, 16, 1), np.uint8))[:height, :width]
    noise = random.integers(0, 12, fine.shape, dtype=np.uint8)
    return image_to_message(np.minimum(fine, 243) + noise, "rgb8", 0, "camera")


if __name__ == "__main__":
    sys.exit(run_node(ViewSource, threads=1))

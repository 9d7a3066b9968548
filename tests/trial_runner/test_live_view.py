"""A picture of a running camera's topic."""

import threading

import numpy as np
import pytest
import rclpy
from rclpy.context import Context
from sensor_msgs.msg import Image

from molmoact_common.errors import UnreachableError
from molmoact_common.ros import qos
from molmoact_common.ros.images import image_to_message
from trial_runner.live_view import LiveView

pytestmark = pytest.mark.ros

PICTURE = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)


@pytest.fixture
def alone(monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", "79")


@pytest.fixture
def camera(alone):
    """A camera that gives the same picture twenty times a second."""
    context = Context()
    rclpy.init(context=context)
    node = rclpy.create_node("camera", context=context)
    publisher = node.create_publisher(Image, "camera/front/color/image_raw", qos.IMAGE)
    ended = threading.Event()

    def publish() -> None:
        while not ended.wait(0.05):
            publisher.publish(image_to_message(PICTURE, "rgb8", 0, "front"))

    thread = threading.Thread(target=publish)
    thread.start()
    yield
    ended.set()
    thread.join()
    node.destroy_node()
    context.try_shutdown()


def test_it_shows_what_the_camera_shows(camera):
    view = LiveView("front")
    assert (view.look(30.0) == PICTURE).all()
    assert (view.look(30.0) == PICTURE).all()
    view.close()


def test_a_camera_that_is_not_there_is_told_in_time(alone):
    view = LiveView("absent")
    with pytest.raises(UnreachableError, match="no picture on camera/absent"):
        view.look(0.05)
    view.close()

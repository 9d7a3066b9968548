"""The camera node: one RealSense device to images, camera info, diagnostics and its static transform."""

import time
from importlib import import_module
from importlib.util import find_spec
from threading import Lock
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image

from camera_nodes.capture import Capture
from camera_nodes.device import CameraDevice
from camera_nodes.health import Health
from camera_nodes.lifecycle import Instant
from camera_nodes.messages import calibrated, camera_info, diagnostic_status, optical_transform
from camera_nodes.parameters import DEFAULTS, Parameters, read_parameters
from camera_nodes.stamps import exposure_ns
from camera_nodes.worker import CameraWorker
from molmoact_common.errors import UnreachableError
from molmoact_common.ros import qos
from molmoact_common.ros.images import image_to_message
from molmoact_common.ros.nodes import run_node
from molmoact_common.ros.stamps import to_time

_DIAGNOSTICS_PERIOD_S = 1.0
_FAILURE_PERIOD_S = 0.2


class CameraNode(Node):
    """Publishes under camera/<name>/ and on /diagnostics; parameters: `camera_nodes.parameters.Parameters`."""

    def __init__(self) -> None:
        super().__init__("camera_node")
        any_type = ParameterDescriptor(dynamic_typing=True)  # digits on a command line come as a number
        values = {key: self.declare_parameter(key, default, any_type).value for key, default in DEFAULTS.items()}
        self._parameters = read_parameters(values)
        self._health = Health(self._parameters.config.health, self._parameters.config.color.fps)
        self._lock = Lock()  # the camera's thread notes frames, the diagnostics' timer reads them
        self._make_publishers(self._parameters)
        self._rs_context: Any = self._parameters.make_context()
        self._device = CameraDevice(self._rs_context, self._parameters.serial, self._parameters.config)
        if self._parameters.require:
            self._require_presence()
        self._worker = CameraWorker(self._device, self._instant, self._publish)
        steady = Clock(clock_type=ClockType.STEADY_TIME)  # health is told even where the world's clock stands
        self.create_timer(_DIAGNOSTICS_PERIOD_S, self._publish_diagnostics, clock=steady)
        self._failure_timer = self.create_timer(_FAILURE_PERIOD_S, self._end_on_failure, clock=steady)

    def _make_publishers(self, parameters: Parameters) -> None:
        base = f"camera/{parameters.name}"
        self._image = self.create_publisher(Image, f"{base}/color/image_raw", qos.IMAGE)
        self._info = self.create_publisher(CameraInfo, f"{base}/color/camera_info", qos.IMAGE)
        self._depth = None
        if parameters.config.aligned_depth:
            self._depth = self.create_publisher(Image, f"{base}/aligned_depth_to_color/image_raw", qos.IMAGE)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", qos.EVENTS)
        if find_spec("tf2_msgs") is not None:  # the wheels lack it; a ROS installation has it
            messages = import_module("tf2_msgs.msg")
            self._tf_static = self.create_publisher(messages.TFMessage, "/tf_static", qos.LATCHED)
            transform = optical_transform(parameters.link_frame, parameters.optical_frame)
            self._tf_static.publish(messages.TFMessage(transforms=[transform]))

    def _require_presence(self) -> None:
        present = self._device.present_serials()
        if self._parameters.serial not in present:
            self._close_context()
            raise UnreachableError(
                f"no camera of serial {self._parameters.serial}; present: {', '.join(present) or 'none'}; "
                "check the cable or the parameter serial"
            )

    def _now_ns(self) -> int:
        return int(self.get_clock().now().nanoseconds)

    def _instant(self) -> Instant:
        return Instant(time.monotonic(), self._now_ns())

    def _publish(self, capture: Capture) -> None:
        stamp_ns = exposure_ns(capture.timestamp_ms, capture.domain, self._now_ns())
        with self._lock:
            self._health.frame_came(stamp_ns, capture)
            frozen = self._health.is_frozen()
        if frozen:  # the diagnostics tell; nobody may act on a picture that only its stamp makes new
            return
        try:
            self._publish_pictures(capture, stamp_ns)
        except RuntimeError:  # rclpy's, when the shutdown was quicker than this thread
            if self.context.ok():
                raise

    def _publish_pictures(self, capture: Capture, stamp_ns: int) -> None:
        frame = self._parameters.optical_frame
        if self._device.lens is not None:
            lens = calibrated(self._device.lens, self._parameters.config.calibration)
            self._info.publish(camera_info(lens, stamp_ns, frame))
        self._image.publish(image_to_message(capture.rgb, "rgb8", stamp_ns, frame))
        if self._depth is not None and capture.depth is not None:
            self._depth.publish(image_to_message(capture.depth, "16UC1", stamp_ns, frame))

    def _publish_diagnostics(self) -> None:
        now_ns = self._now_ns()
        with self._lock:
            report = self._health.report(self._device.condition, now_ns)
        message = DiagnosticArray(status=[diagnostic_status(self._parameters.name, self._parameters.serial, report)])
        message.header.stamp = to_time(now_ns)
        self._diagnostics.publish(message)

    def _end_on_failure(self) -> None:
        """Raise in the executor's spin what ended the camera's thread, once."""
        if self._worker.has_ended:
            self._failure_timer.cancel()
            self._worker.raise_failure()

    def _close_context(self) -> None:
        if hasattr(self._rs_context, "close"):  # a simulated one feeds its devices by a thread
            self._rs_context.close()

    def close(self) -> None:
        """Stop the stream, then the context: librealsense crashes at exit in another order."""
        self._worker.close()
        self._close_context()


def main() -> int:
    """Entry point of the executable camera_node."""
    return run_node(CameraNode)

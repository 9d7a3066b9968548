"""What a camera tells besides its pictures, as ROS messages: camera info, diagnostics, the transform to its optics."""

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from geometry_msgs.msg import Quaternion, TransformStamped
from sensor_msgs.msg import CameraInfo

from camera_nodes.capture import Lens
from camera_nodes.config import Calibration
from camera_nodes.health import HealthReport
from molmoact_common.ros.stamps import to_time


def calibrated(factory: Lens, calibration: Calibration | None) -> Lens:
    """The lens with a calibration's figures in place of the factory's, if there is one."""
    if calibration is None:
        return factory
    return Lens(
        width=factory.width,
        height=factory.height,
        fx=calibration.fx,
        fy=calibration.fy,
        ppx=calibration.ppx,
        ppy=calibration.ppy,
        coefficients=calibration.coefficients,
    )


def camera_info(lens: Lens, stamp_ns: int, frame_id: str) -> CameraInfo:
    """Camera info of an unrectified monocular picture."""
    message = CameraInfo(width=lens.width, height=lens.height, distortion_model=lens.distortion)
    message.header.stamp = to_time(stamp_ns)
    message.header.frame_id = frame_id
    message.d = [float(value) for value in lens.coefficients]
    message.k = [lens.fx, 0.0, lens.ppx, 0.0, lens.fy, lens.ppy, 0.0, 0.0, 1.0]
    message.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    message.p = [lens.fx, 0.0, lens.ppx, 0.0, 0.0, lens.fy, lens.ppy, 0.0, 0.0, 0.0, 1.0, 0.0]
    return message


def diagnostic_status(name: str, serial: str, report: HealthReport) -> DiagnosticStatus:
    """One camera's entry on /diagnostics."""
    return DiagnosticStatus(
        name=f"camera/{name}",
        hardware_id=serial,
        level=bytes([report.level]),
        message=report.message,
        values=[KeyValue(key=key, value=value) for key, value in report.values.items()],
    )


def optical_transform(link_frame: str, optical_frame: str) -> TransformStamped:
    """From the housing (x forward, y left, z up: REP 103) to the pictures (z forward, x right, y down)."""
    message = TransformStamped(child_frame_id=optical_frame)
    message.header.frame_id = link_frame
    message.transform.rotation = Quaternion(x=-0.5, y=0.5, z=-0.5, w=0.5)
    return message

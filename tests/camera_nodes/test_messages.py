"""Camera info, diagnostics and the optical transform say in ROS's terms what the plain objects say."""

import numpy as np
from scipy.spatial.transform import Rotation

from camera_nodes.capture import Lens
from camera_nodes.config import Calibration
from camera_nodes.health import HealthReport, Level
from camera_nodes.messages import calibrated, camera_info, diagnostic_status, optical_transform
from molmoact_common.ros.stamps import to_nanoseconds

LENS = Lens(320, 240, 308.0, 309.0, 159.5, 119.5, (0.1, 0.2, 0.3, 0.4, 0.5))


def test_camera_info_carries_the_lens():
    message = camera_info(LENS, 1_500_000_000, "optical")
    assert (message.width, message.height, message.distortion_model) == (320, 240, "plumb_bob")
    np.testing.assert_array_equal(np.reshape(message.k, (3, 3)), [[308, 0, 159.5], [0, 309, 119.5], [0, 0, 1]])
    np.testing.assert_array_equal(np.reshape(message.p, (3, 4))[:, :3], np.reshape(message.k, (3, 3)))
    np.testing.assert_array_equal(np.reshape(message.r, (3, 3)), np.eye(3))
    assert list(message.d) == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert to_nanoseconds(message.header.stamp) == 1_500_000_000
    assert message.header.frame_id == "optical"


def test_a_calibration_replaces_the_figures_but_not_the_size():
    lens = calibrated(LENS, Calibration(fx=1, fy=2, ppx=3, ppy=4))
    assert lens == Lens(320, 240, 1, 2, 3, 4)
    assert calibrated(LENS, None) is LENS


def test_diagnostics_carry_level_message_and_figures():
    report = HealthReport(Level.ERROR, "absent: unplugged", {"drops": "3", "state": "absent"})
    status = diagnostic_status("front", "123", report)
    assert status.level == status.ERROR
    assert (status.name, status.hardware_id, status.message) == ("camera/front", "123", "absent: unplugged")
    assert {pair.key: pair.value for pair in status.values} == report.values


def test_the_optical_axes_are_those_of_rep_103():
    message = optical_transform("front_link", "front_optical")
    q = message.transform.rotation
    right, down, forward = Rotation.from_quat([q.x, q.y, q.z, q.w]).as_matrix().T
    np.testing.assert_allclose([right, down, forward], [[0, -1, 0], [0, 0, -1], [1, 0, 0]], atol=1e-12)
    assert (message.header.frame_id, message.child_frame_id) == ("front_link", "front_optical")

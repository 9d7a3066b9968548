"""Checks of the software tell what is wrong and what to do."""

import sys
from pathlib import Path

import pytest

from molmoact_bringup.doctor.environment import (
    PROFILE_VARIABLE,
    check_dds_profile,
    check_library,
    check_python,
    check_ros,
    refuse_mixed_ros,
)
from molmoact_bringup.doctor.finding import Verdict
from molmoact_common.errors import UserError

PIP_RCLPY = f"{sys.prefix}/lib/rclpy/__init__.py"
PROFILE = Path(__file__).parents[3] / "config" / "dds" / "fastdds.xml"


@pytest.mark.parametrize(("version", "verdict"), [((3, 10), "fix"), ((3, 11), "ok"), ((3, 13), "ok"), ((3, 14), "fix")])
def test_supported_versions_of_python(version, verdict):
    assert check_python(version).verdict == verdict


def test_ros_from_pip_beside_a_sourced_one_is_refused():
    finding = check_ros({"AMENT_PREFIX_PATH": f"/opt/ros/jazzy:{sys.prefix}"}, PIP_RCLPY)
    assert finding.verdict is Verdict.FIX
    assert "/opt/ros/jazzy" in finding.found


def test_what_starts_nodes_refuses_the_mixture_in_one_line(monkeypatch):
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"/opt/ros/jazzy:{sys.prefix}")
    with pytest.raises(UserError, match=r"^ROS: from pip, but /opt/ros/jazzy is sourced too; .*$"):
        refuse_mixed_ros()


@pytest.mark.parametrize("variables", [{}, {"AMENT_PREFIX_PATH": sys.prefix}])
def test_ros_from_pip_alone_is_well(variables):
    assert check_ros(variables, PIP_RCLPY).verdict is Verdict.OK


def test_a_sourced_ros_alone_is_well():
    variables = {"AMENT_PREFIX_PATH": "/opt/ros/jazzy", "ROS_DISTRO": "jazzy"}
    finding = check_ros(variables, "/opt/ros/jazzy/lib/python3.12/site-packages/rclpy/__init__.py")
    assert (finding.verdict, finding.found) == (Verdict.OK, "sourced installation, jazzy")


def test_no_ros_at_all_must_be_fixed():
    assert check_ros({}, None).verdict is Verdict.FIX


def test_a_missing_library_names_its_package():
    def missing(_):
        raise OSError

    finding = check_library("libusb", "libusb-1.0.so.0", "libusb-1.0-0", missing)
    assert finding.verdict is Verdict.FIX
    assert "apt-get install libusb-1.0-0" in finding.advice


def test_the_shipped_profile_is_well():
    assert check_dds_profile({}, PROFILE).verdict is Verdict.OK


def test_the_shipped_profile_for_several_machines_is_well():
    assert check_dds_profile({PROFILE_VARIABLE: str(PROFILE.with_name("fastdds_lan.xml"))}, PROFILE).verdict == "ok"


def test_a_profile_that_is_not_there_must_be_fixed(tmp_path):
    assert check_dds_profile({PROFILE_VARIABLE: str(tmp_path / "x.xml")}, PROFILE).verdict is Verdict.FIX


def test_a_profile_whose_segments_hold_no_image_is_noted(tmp_path):
    own = tmp_path / "own.xml"
    own.write_text("<profiles><segment_size>524288</segment_size></profiles>")
    assert check_dds_profile({PROFILE_VARIABLE: str(own)}, PROFILE).verdict is Verdict.NOTE

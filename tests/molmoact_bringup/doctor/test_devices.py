"""Checks of GPU, cameras and robot."""

import socket

from molmoact_bringup.doctor.devices import GIB, check_cameras, check_checkpoint, check_gpu, check_robot
from molmoact_bringup.doctor.finding import Verdict, ok


def test_a_gpu_is_needed_by_some_only():
    assert check_gpu(None, 0).verdict is Verdict.NOTE
    assert check_gpu("card", 24 * GIB) == ok("gpu", "card, 24 GiB free")


def test_a_checkpoint_that_is_not_there_must_be_fixed(tmp_path):
    finding = check_checkpoint(tmp_path / "absent")
    assert finding.verdict is Verdict.FIX
    assert "no checkpoint folder" in finding.advice


def test_a_small_checkpoint_fits(tiny_checkpoint):
    assert check_checkpoint(tiny_checkpoint).verdict is Verdict.OK


def test_no_camera_is_no_mistake():
    assert check_cameras([]).verdict is Verdict.NOTE


def test_a_camera_on_usb_2_is_noted():
    assert check_cameras([("D435", "1", "3.2"), ("D405", "2", "2.1")]).verdict is Verdict.NOTE
    assert check_cameras([("D435", "1", "3.2")]).verdict is Verdict.OK


def test_a_robot_that_listens_is_found_and_one_that_does_not_is_named():
    with socket.socket() as listener:
        listener.bind(("127.0.66.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert check_robot("127.0.66.1", port).verdict is Verdict.OK
    finding = check_robot("127.0.66.1", port)
    assert finding.verdict is Verdict.FIX
    assert f"127.0.66.1:{port}" in finding.found

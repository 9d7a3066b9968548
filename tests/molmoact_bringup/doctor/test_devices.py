"""Checks of GPU, cameras and robot."""

import socket

from molmoact_bringup.doctor.devices import GIB, check_cameras, check_gpu, check_robot, weights_size
from molmoact_bringup.doctor.finding import Verdict


def test_without_a_gpu_small_checkpoints_will_do():
    assert check_gpu(None, 0, weights_bytes=10**7).verdict is Verdict.NOTE


def test_a_big_checkpoint_without_a_gpu_must_be_fixed_and_the_figure_is_told():
    finding = check_gpu(None, 0, weights_bytes=20 * GIB)
    assert finding.verdict is Verdict.FIX
    assert "23 GiB" in finding.advice


def test_a_gpu_that_is_too_small_for_the_checkpoint_must_be_fixed():
    assert check_gpu("card", 8 * GIB, weights_bytes=16 * GIB).verdict is Verdict.FIX
    assert check_gpu("card", 24 * GIB, weights_bytes=16 * GIB).verdict is Verdict.OK


def test_weights_are_all_shards(tmp_path):
    for name in ("model-1.safetensors", "model-2.safetensors", "config.json"):
        (tmp_path / name).write_bytes(b"12345")
    assert weights_size(tmp_path) == 10


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

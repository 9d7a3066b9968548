"""The driver at what answers, what does not, and what answers wrongly."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from franka_bridge.config import ArmConfig, Deadlines, Placement, RobotConfig
from franka_bridge.drivers.franky_halt import REACTION, braking_distance
from franka_bridge.drivers.franky_position import FrankyPosition
from franka_bridge.errors import DriverLostError
from molmoact_common.errors import UnreachableError
from molmoact_common.yaml_config import load_settings

CONFIG = Path(__file__).parents[3] / "config"


def arm(host: str, **changes: Any) -> ArmConfig:
    config = load_settings(CONFIG / "robots" / "fr3_cell.yaml", RobotConfig).arms["arm"]
    return config.model_copy(update={"host": host, **changes})


@contextmanager
def listening(host: str, answer: Callable[[bytes], bytes] | None) -> Iterator[None]:
    """A TCP server on the robot's port that answers each message by `answer`, or never."""
    server = socket.create_server((host, 1337))

    def serve(connection: socket.socket) -> None:
        with connection:
            while answer is not None and (message := connection.recv(4096)):
                connection.sendall(answer(message))

    def accept() -> None:
        kept = []
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            kept.append(connection)
            threading.Thread(target=serve, args=(connection,), daemon=True).start() if answer else None

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def test_nobody_at_the_address_is_told_in_one_line():
    with pytest.raises(UnreachableError, match=r"127\.0\.63\.60:1337 is unreachable") as caught:
        FrankyPosition(arm("127.0.63.60"), 0.25).connect()
    assert "\n" not in str(caught.value)


def test_a_robot_that_accepts_and_never_answers_misses_the_deadline():
    with listening("127.0.63.61", None), pytest.raises(UnreachableError, match=r"no answer within 0\.5 s"):
        FrankyPosition(arm("127.0.63.61", deadlines=Deadlines(connect=0.5)), 0.25).connect()


def test_a_robot_of_another_protocol_version_is_named():
    def refuse(message: bytes) -> bytes:
        command, number, _ = struct.unpack("<III", message[:12])
        return struct.pack("<IIIBH", command, number, 15, 1, 5)  # incompatible; the server speaks version 5

    with listening("127.0.63.62", refuse), pytest.raises(UnreachableError, match=r"[Vv]ersion"):
        FrankyPosition(arm("127.0.63.62"), 0.25).connect()


def test_before_connecting_every_call_says_what_to_do():
    driver = FrankyPosition(arm("127.0.63.60"), 0.25)
    with pytest.raises(DriverLostError, match="call recover"):
        driver.state()
    driver.stop()
    driver.close()


@pytest.mark.robot
def test_limits_and_end_effector_are_set_as_configured(sim_robot: Callable[..., Any]):
    config = arm(sim_robot(host="127.0.63.2").host)
    plain = FrankyPosition(config, 0.25)
    plain.connect()
    straight = plain.state().measured
    robot = plain._robot
    assert robot.translation_velocity_limit.get() * config.dynamics.velocity == pytest.approx(0.25)
    assert robot.translation_acceleration_limit.get() == 9.0
    assert robot.elbow_velocity_limit.get() == 1.5
    assert np.ravel(robot.joint_acceleration_limit.get()).max() <= 10.0
    plain.close()
    del robot

    longer = FrankyPosition(config.model_copy(update={"end_effector": Placement(position=(0.0, 0.0, 0.05))}), 0.25)
    longer.connect()
    assert longer.state().measured.position[2] == pytest.approx(straight.position[2] - 0.05, abs=1e-5)
    longer.close()


def test_braking_takes_the_way_that_constant_deceleration_needs():
    way = braking_distance(np.array([0.25, 0.0, 0.0]), acceleration=2.5, jerk=1e9)
    assert way == pytest.approx([0.25**2 / (2 * 2.5) + 0.25 * REACTION, 0.0, 0.0], rel=1e-6)


def test_nothing_to_brake_is_no_way():
    assert braking_distance(np.zeros(3), 2.5, 1000.0).tolist() == [0.0, 0.0, 0.0]

"""The bytes that the robot server speaks are those of a real client's exchange."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.golden import read_json
from support.robot_server.arm import IdealArm
from support.robot_server.robot import Robot
from support.robot_server.wire import (
    COMMAND,
    CONNECT_PAYLOAD,
    ERRORS,
    GRIPPER,
    GRIPPER_STATE,
    MOVE_PAYLOAD,
    ROBOT,
    STATE,
    GripperOrder,
    Order,
)

F32 = float(np.finfo(np.float32).eps)


@pytest.fixture(scope="module")
def exchange(golden_dir) -> dict[str, list[bytes]]:
    """kind -> messages in the order in which they went over the wire."""
    kinds: dict[str, list[bytes]] = {}
    for entry in read_json(golden_dir / "fci" / "exchange.json"):
        kinds.setdefault(entry["kind"], []).append(bytes.fromhex(entry["hex"]))
    return kinds


def states(exchange) -> np.ndarray:
    return np.frombuffer(b"".join(exchange["robot_state_to_client"]), STATE)


def commands(exchange) -> np.ndarray:
    return np.frombuffer(b"".join(exchange["robot_command_from_client"]), COMMAND)


def test_sizes_are_those_that_libfranka_accepts():
    assert (STATE.itemsize, COMMAND.itemsize, GRIPPER_STATE.size, len(ERRORS)) == (1377, 371, 23, 41)
    assert (ROBOT.header.size, GRIPPER.header.size, MOVE_PAYLOAD.size) == (12, 10, 113)


def test_requests_of_a_real_client_are_read_whole(exchange):
    requests = [ROBOT.request(message) for message in exchange["robot_tcp_from_client"]]
    expected = [Order.CONNECT] + [Order.GET_MODEL] * 3 + [Order.SET_COLLISION_BEHAVIOR] * 2 + [Order.MOVE]
    assert [request.order for request in requests] == expected
    assert [request.number for request in requests] == list(range(7))
    assert CONNECT_PAYLOAD.unpack(requests[0].payload)[0] == 10
    controller, generator, *_ = MOVE_PAYLOAD.unpack(requests[-1].payload)
    assert (controller, generator) == (0, 2)
    hand = [GRIPPER.request(message) for message in exchange["gripper_tcp_from_client"]]
    assert [request.order for request in hand] == [GripperOrder.CONNECT, GripperOrder.MOVE]


def test_commands_of_a_real_client_answer_one_state_each_and_the_last_is_the_end(exchange):
    found = commands(exchange)
    assert np.all(np.diff(found["message_id"].astype(int)) == 1)
    poses = found["O_T_EE_c"].reshape(-1, 4, 4).transpose(0, 2, 1)
    assert np.allclose(poses[:, 3], [0, 0, 0, 1])
    assert poses[-1, :3, 3] - poses[0, :3, 3] == pytest.approx([0.02, 0, 0], abs=2e-2)
    assert not found["motion_generation_finished"][:-1].any()


def test_the_echo_of_commands_is_that_of_the_recorded_server(exchange):
    recorded = {int(state["message_id"]): state for state in states(exchange)}
    arm = IdealArm.at(recorded[1]["q"])
    begun = False
    for command in commands(exchange):
        echo = recorded.get(int(command["message_id"]) + 1)
        if echo is None:
            break
        pose = command["O_T_EE_c"].reshape(4, 4).T.copy()
        if not begun:
            arm.pose.value = recorded[int(command["message_id"])]["O_T_EE_c"].reshape(4, 4).T.astype(float)
            begun = True
        arm.pose.follow(pose)
        assert arm.pose.value.T.ravel() == pytest.approx(echo["O_T_EE_c"], abs=2 * F32)
    assert begun


def test_a_state_tells_what_the_arm_does():
    robot = Robot.at((0.0, -0.78, 0.0, -2.35, 0.0, 1.57, 0.78))
    robot.reflex("cartesian_reflex", "joint_reflex")
    read = np.frombuffer(robot.state(7).tobytes(), STATE)[0]
    assert read["message_id"] == 7
    assert [ERRORS[index] for index in np.flatnonzero(read["errors"])] == ["joint_reflex", "cartesian_reflex"]
    assert read["q"] == pytest.approx(robot.arm.joints.value, abs=F32)
    assert pytest.approx(robot.arm.pose.value, abs=F32) == read["O_T_EE"].reshape(4, 4).T


@given(st.integers(0, 65535), st.integers(0, 2**32 - 1), st.binary(max_size=300), st.binary(max_size=20))
def test_a_message_comes_back_as_it_went_whatever_follows_it(order, number, payload, rest):
    for protocol in (ROBOT, GRIPPER):
        message = protocol.message(order, number, payload)
        request = protocol.request(message + rest)
        assert (request.order, request.number, request.payload) == (order, number, payload)
        assert protocol.request(message[:-1]) is None

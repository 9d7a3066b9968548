"""The bridge node as a process: what a person and the other nodes see of it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rclpy
from molmoact_ros.msg import ActionChunk, ArmState, ChunkStatus
from molmoact_ros.srv import SetSpeedFactor
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from franka_bridge.node import robot_config
from molmoact_common.chunks import Chunk
from molmoact_common.errors import ConfigError
from molmoact_common.poses import DeltaFrame, RotationConvention
from molmoact_common.ros.messages import chunk_to_message
from molmoact_common.ros.nodes import ensure_ament_prefix
from molmoact_common.ros.qos import EVENTS, LATCHED, STATE

CONFIG = Path(__file__).parents[2] / "config"
DOMAIN = 63


def bridge_process(host: str, **parameters: str) -> subprocess.Popen[str]:
    given = {
        "robot_config": str(CONFIG / "robots" / "fr3_cell.yaml"),
        "safety_config": str(CONFIG / "safety" / "default.yaml"),
        "host": host,
        **parameters,
    }
    arguments = [part for name, value in given.items() for part in ("-p", f"{name}:={value}")]
    command = [sys.executable, "-m", "franka_bridge.node", "--ros-args", *arguments]
    environment = {**os.environ, "ROS_DOMAIN_ID": str(DOMAIN)}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


class Client:
    """What the policy and the runner do, from the test's process."""

    def __init__(self) -> None:
        ensure_ament_prefix()
        self._context = Context()
        rclpy.init(context=self._context, domain_id=DOMAIN)
        self.node = Node("client", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.state: Any = None
        self.statuses: list[Any] = []
        self.told: list[Any] = []
        self.chunks = self.node.create_publisher(ActionChunk, "/policy/chunk", STATE)
        self.teleop = self.node.create_publisher(ActionChunk, "/teleop/chunk", STATE)
        self.presence = self.node.create_publisher(Bool, "/operator/presence", STATE)
        self.stops = self.node.create_publisher(Bool, "/stop", LATCHED)
        self.node.create_subscription(ArmState, "/arm/arm/state", self._on_state, STATE)
        self.node.create_subscription(ChunkStatus, "/bridge/chunk_status", self.statuses.append, EVENTS)
        self.node.create_subscription(ChunkStatus, "/bridge/teleop_status", self.told.append, EVENTS)

    def _on_state(self, message: Any) -> None:
        self.state = message

    def now(self) -> int:
        return self.node.get_clock().now().nanoseconds

    def spin_until(self, condition: Callable[[], bool]) -> None:
        while not condition():  # the test has a timeout
            self._executor.spin_once(timeout_sec=0.1)

    def in_mode(self, mode: int) -> None:
        self.spin_until(lambda: self.state is not None and self.state.mode == mode)

    def call(self, name: str, kind: Any = Trigger, **fields: Any) -> Any:
        client = self.node.create_client(kind, f"/bridge/{name}")
        self.spin_until(client.service_is_ready)
        answer = client.call_async(kind.Request(**fields))
        self.spin_until(answer.done)
        self.state = None
        return answer.result()

    def close(self) -> None:
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)


def chunk(sequence: int, now_ns: int, step: int = 0) -> Chunk:
    return Chunk(
        sequence=sequence,
        observation_ns=now_ns,
        command_step=step,
        arms=("arm",),
        deltas=np.tile([0.008, 0, 0, 0, 0, 0, 1.0], (8, 1)),
        step_period=1 / 15,
        frame=DeltaFrame.BASE,
        rotation=RotationConvention.ROTATION_VECTOR,
    )


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client()
    yield made
    made.close()


@pytest.fixture
def bridge() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []

    def start(host: str, **parameters: str) -> subprocess.Popen[str]:
        processes.append(bridge_process(host, **parameters))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait(10)


@pytest.mark.ros
@pytest.mark.robot
@pytest.mark.slow
def test_a_chunk_moves_the_arm_a_stop_latches_and_the_end_is_clean(
    sim_robot: Callable[..., Any], bridge: Callable[..., Any], client: Client
):
    robot = sim_robot(host="127.0.63.4")
    process = bridge(robot.host)
    client.in_mode(ArmState.IDLE)
    assert client.state.gripper_opening == pytest.approx(0.5, abs=0.05)
    assert client.call("start").success
    client.in_mode(ArmState.HOLDING)
    start_x = client.state.commanded.position.x
    client.chunks.publish(chunk_to_message(chunk(1, client.node.get_clock().now().nanoseconds)))
    client.spin_until(lambda: [status.status for status in client.statuses][-1:] == [ChunkStatus.FINISHED])
    assert client.statuses[0].status == ChunkStatus.ACCEPTED
    assert client.statuses[-1].steps_done == 8
    client.spin_until(lambda: client.state.command_step == 8)
    assert client.state.commanded.position.x - start_x == pytest.approx(0.064, abs=2e-4)

    assert client.call("stop").success
    client.in_mode(ArmState.STOPPED)
    refusal = client.call("start")
    assert not refusal.success
    assert "call recover first" in refusal.message
    assert client.call("recover").success
    refusal = client.call("start")
    assert "call home first" in refusal.message
    assert client.call("home").success

    client.stops.publish(Bool(data=True))
    client.in_mode(ArmState.STOPPED)
    assert "publish false" in client.call("recover").message
    client.stops.publish(Bool(data=False))
    client.spin_until(lambda: client.call("recover").success)

    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0


@pytest.mark.ros
@pytest.mark.robot
@pytest.mark.slow
def test_an_operator_slows_the_arm_down_takes_over_and_must_be_there(
    sim_robot: Callable[..., Any], bridge: Callable[..., Any], client: Client, tmp_path: Path
):
    safety = tmp_path / "safety.yaml"
    safety.write_text((CONFIG / "safety" / "default.yaml").read_text().replace("presence: off", "presence: required"))
    bridge(sim_robot(host="127.0.63.4").host, safety_config=str(safety))
    client.in_mode(ArmState.IDLE)
    refusal = client.call("set_speed_factor", SetSpeedFactor, speed_factor=2.0)
    assert not refusal.success
    assert "from 0.05 to 1" in refusal.message
    assert client.call("set_speed_factor", SetSpeedFactor, speed_factor=0.5).success
    assert client.call("start").success
    client.in_mode(ArmState.HOLDING)

    client.chunks.publish(chunk_to_message(chunk(1, client.now())))
    client.spin_until(lambda: bool(client.statuses))
    assert client.statuses[-1].reason.startswith("presence: ")

    client.teleop.publish(chunk_to_message(chunk(1, client.now())))
    client.spin_until(lambda: [status.status for status in client.told][-1:] == [ChunkStatus.FINISHED])
    assert client.told[-1].steps_done == 8

    def accepted() -> bool:
        client.presence.publish(Bool(data=True))
        client.chunks.publish(chunk_to_message(chunk(client.now(), client.now(), step=8)))
        return client.statuses[-1].status == ChunkStatus.ACCEPTED

    client.spin_until(accepted)
    client.spin_until(lambda: client.statuses[-1].status == ChunkStatus.DISCARDED)
    assert client.statuses[-1].reason.startswith("presence: ")


@pytest.mark.ros
@pytest.mark.parametrize(
    ("parameters", "line"),
    [
        ({}, "unreachable"),
        ({"arm": "third"}, "has no arm 'third'"),
        ({"safety_config": "/nowhere.yaml"}, "cannot read /nowhere.yaml"),
    ],
)
def test_what_a_person_got_wrong_is_one_line_and_exit_code_2(
    bridge: Callable[..., Any], parameters: dict[str, str], line: str
):
    process = bridge("127.0.63.60", **parameters)
    assert process.wait(60) == 2
    (told,) = process.stderr.read().strip().splitlines()
    assert line in told


@pytest.mark.parametrize(
    ("host", "hosts"),
    [
        ("", ["127.0.0.1", "127.0.0.2"]),
        ("10.0.0.1,10.0.0.2", ["10.0.0.1", "10.0.0.2"]),
        (", 10.0.0.2", ["127.0.0.1", "10.0.0.2"]),
    ],
)
def test_hosts_are_laid_over_the_files_in_the_order_of_the_arms(host: str, hosts: list[str]) -> None:
    robot = robot_config(CONFIG / "robots" / "duo_cell.yaml", "", host)
    assert [arm.host for arm in robot.arms.values()] == hosts


def test_one_host_for_two_arms_is_refused() -> None:
    with pytest.raises(ConfigError, match="name one address for each of: left, right"):
        robot_config(CONFIG / "robots" / "duo_cell.yaml", "", "10.0.0.1")
    assert list(robot_config(CONFIG / "robots" / "duo_cell.yaml", "right", "10.0.0.1").arms) == ["right"]

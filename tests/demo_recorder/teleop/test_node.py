import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
import rclpy
import yaml
from diagnostic_msgs.msg import DiagnosticArray
from molmoact_ros.msg import ActionChunk, ArmState
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from std_msgs.msg import Bool

from demo_recorder.teleop.gamepad import AXIS, BUTTON, EVENT
from demo_recorder.teleop.node import TeleopNode
from molmoact_common.errors import ConfigError
from molmoact_common.ros.messages import chunk_from_message, pose_to_message
from molmoact_common.ros.qos import EVENTS, STATE
from molmoact_common.ros.stamps import to_time
from support.teleop_views import HOME, MS

DOMAIN = 68
CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture
def context():
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=DOMAIN)
    yield context
    rclpy.shutdown(context=context)


def teleop_node(context, path, **parameters) -> TeleopNode:
    overrides = [Parameter(name, value=value) for name, value in {"teleop_config": str(path), **parameters}.items()]
    return TeleopNode(context=context, parameter_overrides=overrides)


def holding(arm: str, cycle: int) -> ArmState:
    """The state of an arm that waits, every 10 ms."""
    message = ArmState(arm=arm, mode=ArmState.HOLDING, command_step=7, gripper_commanded=1.0)
    message.measured = message.commanded = pose_to_message(HOME)
    message.header.stamp = to_time(cycle * 10 * MS)
    return message


class Bench:
    """The node, an arm that publishes its state, and a gamepad whose kernel side is a named pipe."""

    def __init__(self, context, folder) -> None:
        os.mkfifo(folder / "js0")
        self.kernel = os.open(folder / "js0", os.O_RDWR)
        device = {"device": "demo_recorder.teleop.gamepad:open_gamepad", "arms": ["arm"]}
        device["options"] = {"path": str(folder / "js0")}
        (folder / "pad.yaml").write_text(yaml.safe_dump({"name": "pad", "arms": ["arm"], "hands": [device]}))
        self.node = teleop_node(context, folder / "pad.yaml")
        self.robot = rclpy.create_node("robot", context=context)
        self.states = self.robot.create_publisher(ArmState, "arm/arm/state", STATE)
        self.chunks, self.said, self.cycle = [], [], 0
        self.robot.create_subscription(
            ActionChunk, "teleop/chunk", lambda m: self.chunks.append(chunk_from_message(m)), EVENTS
        )
        self.robot.create_subscription(
            DiagnosticArray, "/diagnostics", lambda m: self.said.append(m.status[0].message), EVENTS
        )
        self.present = []
        self.robot.create_subscription(Bool, "operator/presence", lambda m: self.present.append(m.data), EVENTS)
        self.executor = SingleThreadedExecutor(context=context)
        for node in (self.node, self.robot):
            self.executor.add_node(node)

    def spin_until(self, done) -> None:
        deadline = time.monotonic() + 30
        while not done():
            assert time.monotonic() < deadline, f"nothing came in 30 s; diagnostics: {self.said[-1:]}"
            self.cycle += 1
            self.states.publish(holding("arm", self.cycle))
            self.executor.spin_once(timeout_sec=0.02)

    def event(self, kind: int, number: int, value: int) -> None:
        os.write(self.kernel, EVENT.pack(0, value, kind, number))

    def close(self) -> None:
        self.node.close()
        for node in (self.node, self.robot):
            node.destroy_node()


@pytest.mark.ros
def test_stick_becomes_chunks_and_an_unplugged_gamepad_ends_them(context, tmp_path):
    bench = Bench(context, tmp_path)
    bench.spin_until(lambda: "ready" in bench.said)
    assert bench.chunks == []
    bench.event(BUTTON, 5, 1)
    bench.event(AXIS, 1, -32767)
    bench.spin_until(lambda: bench.chunks)
    chunk = bench.chunks[0]
    assert (chunk.command_step, chunk.arms) == (7, ("arm",))
    assert chunk.deltas[-1, :3] == pytest.approx([0.1 / 15, 0, 0])
    bench.spin_until(lambda: bench.present and bench.present[-1])
    os.close(bench.kernel)
    bench.spin_until(lambda: "unplugged" in bench.said[-1])
    assert not bench.chunks[-1].deltas[-1, :6].any()
    bench.spin_until(lambda: not bench.present[-1])
    bench.close()


@pytest.mark.ros
def test_an_expert_in_each_hand_moves_two_arms_by_one_chunk(context, tmp_path):
    policy = {
        "backend": "support.scripted_factory:load_pair",
        "profile": str(CONFIG / "policy/profiles/expert_duo.yaml"),
    }
    (tmp_path / "pair.yaml").write_text(yaml.safe_dump(policy))
    options = json.dumps({"policy": str(tmp_path / "pair.yaml"), "instruction": "lift the tray"})
    node = teleop_node(context, CONFIG / "teleop/duo_expert.yaml", options=options)
    robot, chunks = rclpy.create_node("robot", context=context), []
    robot.create_subscription(ActionChunk, "teleop/chunk", lambda m: chunks.append(chunk_from_message(m)), EVENTS)
    states = {arm: robot.create_publisher(ArmState, f"arm/{arm}/state", STATE) for arm in ("left", "right")}
    executor = SingleThreadedExecutor(context=context)
    for each in (node, robot):
        executor.add_node(each)
    deadline, cycle = time.monotonic() + 30, 0
    while not chunks:
        assert time.monotonic() < deadline
        cycle += 1
        for arm, publisher in states.items():
            publisher.publish(holding(arm, cycle))
        executor.spin_once(timeout_sec=0.02)
    assert chunks[0].arms == ("left", "right")
    left, right = chunks[0].deltas[-1][:7], chunks[0].deltas[-1][7:]
    np.testing.assert_allclose(left, [0, 0, 0.008, 0, 0, 0, 1], atol=1e-9)
    np.testing.assert_allclose(right, [0.008, 0, 0, 0, 0, 0, 0], atol=1e-9)
    node.close()
    for each in (node, robot):
        each.destroy_node()


@pytest.mark.ros
@pytest.mark.parametrize(
    ("parameters", "said"),
    [({"teleop_config": "/no/such.yaml"}, "cannot read /no/such.yaml"), ({"options": "{"}, "options is no JSON")],
)
def test_wrong_parameter_is_a_line(context, parameters, said):
    path = parameters.pop("teleop_config", CONFIG / "teleop/keyboard.yaml")
    with pytest.raises(ConfigError, match=said):
        teleop_node(context, path, **parameters)

"""The bridge node as a process, and what the policy and an operator do from the test's process."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from molmoact_ros.msg import ActionChunk, ArmState, ChunkStatus
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_srvs.srv import Trigger

from molmoact_common.chunks import Chunk
from molmoact_common.poses import DeltaFrame, RotationConvention
from molmoact_common.ros.messages import chunk_to_message
from molmoact_common.ros.nodes import ensure_ament_prefix
from molmoact_common.ros.qos import EVENTS, STATE

CONFIG = Path(__file__).parents[2] / "config"
WAIT_SECONDS = 40.0


@contextmanager
def bridge_process(host: str, robot_config: Path, domain: int) -> Iterator[subprocess.Popen[str]]:
    """bridge_node at a robot, killed at the end if it still runs."""
    given = {"robot_config": robot_config, "safety_config": CONFIG / "safety" / "default.yaml", "host": host}
    arguments = [part for name, value in given.items() for part in ("-p", f"{name}:={value}")]
    process = subprocess.Popen(
        [sys.executable, "-m", "franka_bridge.node", "--ros-args", *arguments],
        env={**os.environ, "ROS_DOMAIN_ID": str(domain), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


class Outside:
    """One participant on the graph: publishes chunks, calls services, listens to state and statuses."""

    def __init__(self, domain: int) -> None:
        ensure_ament_prefix()
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        self.node = Node("outside", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.state: Any = None
        self.statuses: list[Any] = []
        self._chunks = self.node.create_publisher(ActionChunk, "policy/chunk", STATE)
        self.node.create_subscription(ArmState, "arm/arm/state", self._on_state, STATE)
        self.node.create_subscription(ChunkStatus, "bridge/chunk_status", self.statuses.append, EVENTS)

    def _on_state(self, message: Any) -> None:
        self.state = message

    def spin_until(self, condition: Callable[[], bool]) -> None:
        """Take messages until `condition` holds.

        Raises:
            TimeoutError: it never does.
        """
        end = time.monotonic() + WAIT_SECONDS
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"the last state was {self.state}")
            self._executor.spin_once(timeout_sec=0.05)

    def in_mode(self, *modes: int) -> None:
        """Until a state that comes from now on has one of these modes."""
        self.state = None
        self.spin_until(lambda: self.state is not None and self.state.mode in modes)

    def call(self, name: str) -> Any:
        """A Trigger service of the bridge."""
        client = self.node.create_client(Trigger, f"bridge/{name}")
        self.spin_until(client.service_is_ready)
        answer = client.call_async(Trigger.Request())
        self.spin_until(answer.done)
        return answer.result()

    def chunk(self, sequence: int, rows: int = 14, dx: float = 0.016) -> ActionChunk:
        """Straight ahead, of an observation made now."""
        return chunk_to_message(
            Chunk(
                sequence=sequence,
                observation_ns=self.node.get_clock().now().nanoseconds,
                command_step=self.state.command_step,
                arms=("arm",),
                deltas=np.tile([dx, 0, 0, 0, 0, 0, 1.0], (rows, 1)),
                step_period=1 / 15,
                frame=DeltaFrame.BASE,
                rotation=RotationConvention.ROTATION_VECTOR,
            )
        )

    def send(self, message: ActionChunk) -> None:
        """Publish once somebody listens."""
        self.spin_until(lambda: self._chunks.get_subscription_count() > 0)
        self._chunks.publish(message)

    def close(self) -> None:
        """Leave the graph, as a process does that is killed."""
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)

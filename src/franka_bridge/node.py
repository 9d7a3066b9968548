"""The bridge node: parameters, topics, services and timers around `Bridge`."""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from molmoact_ros.msg import ActionChunk, ArmState, ChunkStatus
from molmoact_ros.srv import SetSpeedFactor
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from franka_bridge import messages
from franka_bridge.arm import make_arms
from franka_bridge.authority import Source
from franka_bridge.bridge import Bridge
from franka_bridge.config import RobotConfig
from franka_bridge.cycle_times import CycleTimes
from franka_bridge.safety import SafetyConfig
from franka_bridge.transforms import Transforms
from molmoact_common.errors import ConfigError, UserError
from molmoact_common.ros.messages import chunk_from_message
from molmoact_common.ros.nodes import run_node
from molmoact_common.ros.qos import EVENTS, LATCHED, STATE
from molmoact_common.yaml_config import load_settings

CONTROL_SECONDS = 0.01
TRANSFORMS_EVERY = 2
"""Control cycles a transform: 50 Hz."""
DIAGNOSTICS_SECONDS = 1.0
CHUNK_TOPICS = {Source.POLICY: "policy/chunk", Source.OPERATOR: "teleop/chunk"}
STATUS_TOPICS = {Source.POLICY: "bridge/chunk_status", Source.OPERATOR: "bridge/teleop_status"}
"""Apart, since each source counts its chunks for itself."""


def robot_config(path: Path, arm: str, host: str) -> RobotConfig:
    """The robot's file with the parameters of the node laid over it.

    Args:
        path: the file.
        arm: the only arm to use; empty: all of the file.
        host: addresses to use instead of the file's, one an arm in the file's order, separated by commas; an empty
            one stands for the file's.

    Raises:
        ConfigError: invalid file, no such arm, or another number of hosts than of arms.
    """
    robot = load_settings(path, RobotConfig)
    if arm and arm not in robot.arms:
        raise ConfigError(f"{path} has no arm {arm!r}; it has {', '.join(robot.arms)}")
    arms = {arm: robot.arms[arm]} if arm else robot.arms
    hosts = host.split(",") if host else [""] * len(arms)
    if len(hosts) != len(arms):
        raise ConfigError(
            f"the parameter host {host!r} is for {len(hosts)} arm(s); name one address for each of: {', '.join(arms)}"
        )
    chosen = zip(arms.items(), hosts, strict=True)
    return RobotConfig(
        arms={name: config.model_copy(update={"host": own.strip() or config.host}) for (name, config), own in chosen}
    )


class BridgeNode(Node):
    """One bridge on the graph. Stop has a thread of its own, and so have the calls that take long."""

    def __init__(self, **options: Any) -> None:
        super().__init__("bridge", **options)
        robot = robot_config(self._file("robot_config"), self._text("arm"), self._text("host"))
        safety = load_settings(self._file("safety_config"), SafetyConfig)
        dry_run = bool(self.declare_parameter("dry_run", value=False).value)
        self._robot = robot
        self._bridge = Bridge(make_arms(robot, safety, dry_run=dry_run), safety)
        self._bridge.connect()
        self._cycle = 0
        self._times = CycleTimes()
        self._publish_topics()
        self._listen()
        self.get_logger().info(
            f"connected to {', '.join(arm.host for arm in robot.arms.values())}; call home, then start"
        )

    def close(self) -> None:
        """Bring the arms to rest and let go of them."""
        self._bridge.close()

    def _text(self, name: str) -> str:
        return str(self.declare_parameter(name, "").value)

    def _file(self, name: str) -> Path:
        path = self._text(name)
        if not path:
            raise ConfigError(f"the parameter {name} is not set; give it the path of a YAML file, as in config/")
        return Path(path)

    def _publish_topics(self) -> None:
        arms = self._robot.arms
        self._states = {name: self.create_publisher(ArmState, f"arm/{name}/state", STATE) for name in arms}
        self._joints = self.create_publisher(JointState, "joint_states", STATE)
        self._statuses = {
            source: self.create_publisher(ChunkStatus, topic, EVENTS) for source, topic in STATUS_TOPICS.items()
        }
        self._health = self.create_publisher(DiagnosticArray, "/diagnostics", EVENTS)
        self._transforms = Transforms(self, arms)

    def _listen(self) -> None:
        control, stop, calls = (MutuallyExclusiveCallbackGroup() for _ in range(3))
        self.create_timer(CONTROL_SECONDS, self._on_cycle, callback_group=control)
        self.create_timer(DIAGNOSTICS_SECONDS, self._on_diagnostics, callback_group=control)
        for source, topic in CHUNK_TOPICS.items():
            on_chunk = partial(self._on_chunk, source)
            self.create_subscription(ActionChunk, topic, on_chunk, STATE, callback_group=control)
        self.create_subscription(Bool, "operator/presence", self._on_presence, STATE, callback_group=control)
        self.create_service(SetSpeedFactor, "bridge/set_speed_factor", self._on_speed_factor, callback_group=control)
        self.create_subscription(Bool, "stop", self._on_stop_topic, LATCHED, callback_group=stop)
        self.create_service(Trigger, "bridge/stop", self._on_stop, callback_group=stop)
        for name, call in (
            ("start", self._bridge.start),
            ("recover", self._bridge.recover),
            ("home", self._bridge.home),
        ):
            self.create_service(Trigger, f"bridge/{name}", self._answer(call), callback_group=calls)

    def _now_ns(self) -> int:
        return int(self.get_clock().now().nanoseconds)

    def _on_cycle(self) -> None:
        begin = time.perf_counter()
        self._do_cycle()
        self._times.add(begin, time.perf_counter())

    def _do_cycle(self) -> None:
        now_ns = self._now_ns()
        self._bridge.tick(now_ns)
        snapshots = self._bridge.snapshot()
        for name, snapshot in snapshots.items():
            self._states[name].publish(messages.arm_state(name, snapshot, now_ns))
            self._joints.publish(messages.joint_state(self._robot.arms[name], snapshot, now_ns))
        self._cycle += 1
        if self._cycle % TRANSFORMS_EVERY == 0:
            self._transforms.publish(snapshots, now_ns)
        self._report()

    def _report(self) -> None:
        for report in self._bridge.take_reports():
            self._statuses[report.source].publish(messages.chunk_status(report))

    def _on_chunk(self, source: Source, message: Any) -> None:
        try:
            chunk = chunk_from_message(message)
        except ValueError as error:
            status = ChunkStatus(sequence=message.sequence, status=ChunkStatus.REFUSED, reason=f"message: {error}")
            status.header.stamp = self.get_clock().now().to_msg()
            self._statuses[source].publish(status)
            return
        self._bridge.on_chunk(chunk, self._now_ns(), source)
        self._report()

    def _on_presence(self, message: Any) -> None:
        self._bridge.on_presence(bool(message.data), self._now_ns())

    def _on_speed_factor(self, request: Any, response: Any) -> Any:
        return _answered(response, lambda: self._bridge.set_speed_factor(float(request.speed_factor)))

    def _on_stop_topic(self, message: Any) -> None:
        self._bridge.hold_stop(bool(message.data))

    def _on_stop(self, _: Any, response: Any) -> Any:
        self._bridge.stop("the stop service was called")
        response.success, response.message = True, "stopped; recover leads out"
        return response

    def _answer(self, call: Callable[[int], str]) -> Callable[[Any, Any], Any]:
        """A Trigger service that does `call(now_ns)`."""
        return lambda _, response: _answered(response, lambda: call(self._now_ns()))

    def _on_diagnostics(self) -> None:
        values = self._bridge.diagnostics() | self._times.figures()
        array = messages.diagnostics(self._bridge.mode, values, self._now_ns())
        self._health.publish(array)


def _answered(response: Any, call: Callable[[], str]) -> Any:
    """What `call` says, as the answer of a service; what a person can cause is answered, not raised."""
    try:
        response.success, response.message = True, call()
    except UserError as error:
        response.success, response.message = False, str(error)
    return response


def main() -> int:
    """The executable bridge_node."""
    return run_node(BridgeNode, threads=4)


if __name__ == "__main__":
    sys.exit(main())

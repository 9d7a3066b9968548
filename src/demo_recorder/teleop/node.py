"""The teleoperation node: states of the arms in; chunks of the operators out, and whether one is there."""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from molmoact_ros.msg import ActionChunk, ArmState
from pydantic import Field
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_msgs.msg import Bool

from demo_recorder.teleop.devices import ArmView, Device
from demo_recorder.teleop.hand import Hand, Motion
from demo_recorder.teleop.settings import HandSettings, TeleopSettings
from demo_recorder.teleop.teleoperator import Teleoperator
from molmoact_common.errors import ConfigError
from molmoact_common.plugins import load_factory
from molmoact_common.ros import qos
from molmoact_common.ros.messages import chunk_to_message, pose_from_message
from molmoact_common.ros.nodes import run_node
from molmoact_common.ros.parameters import read_parameters
from molmoact_common.ros.stamps import to_nanoseconds
from molmoact_common.yaml_config import Settings, load_settings

PRESENCE_EVERY = 10
"""States of an arm (100 Hz) a report of the dead-man switches, which lets a policy move arms where that is required."""


class TeleopParameters(Settings):
    """Parameters of the node."""

    teleop_config: str = Field(min_length=1, description="teleoperation file, one of config/teleop/*.yaml")
    options: str = Field(default="", description="JSON object merged into the options of every device")


def arm_view(message: Any) -> ArmView:
    """What teleoperation needs to know of an ArmState."""
    return ArmView(
        stamp_ns=to_nanoseconds(message.header.stamp),
        command_step=int(message.command_step),
        measured=pose_from_message(message.measured),
        commanded=pose_from_message(message.commanded),
        gripper_commanded=float(message.gripper_commanded),
        gripper_opening=float(message.gripper_opening),
        following=message.mode in (ArmState.RUNNING, ArmState.HOLDING),
        running=message.mode == ArmState.RUNNING,
    )


def make_hand(settings: TeleopSettings, hand: HandSettings, options: dict[str, Any]) -> Hand:
    """The hand with its device, which is opened at the first look.

    Raises:
        ConfigError: there is no such device.
    """
    factory: Callable[..., Device] = load_factory(hand.device)
    return Hand(partial(factory, {**hand.options, **options}, settings.speeds, hand.arms), hand.arms, settings)


class TeleopNode(Node):
    """Looks at the devices at every state of the last arm: without states there are no chunks."""

    def __init__(self, **node_options: Any) -> None:
        """`node_options`: of rclpy's Node (context, parameter overrides), for tests."""
        super().__init__("teleop", **node_options)
        parameters = read_parameters(self, TeleopParameters)
        self._settings = load_settings(Path(parameters.teleop_config), TeleopSettings)
        options = _json_object(parameters.options)
        self._hands = [make_hand(self._settings, hand, options) for hand in self._settings.hands]
        self._teleoperator = Teleoperator(self._settings)
        self._views: dict[str, ArmView] = {}
        self._told: dict[Hand, str] = {}
        self._looks = 0
        self._chunks = self.create_publisher(ActionChunk, "teleop/chunk", qos.STATE)
        self._presence = self.create_publisher(Bool, "operator/presence", qos.STATE)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", qos.EVENTS)
        for arm in self._settings.arms:
            self.create_subscription(ArmState, f"arm/{arm}/state", partial(self._on_state, arm), qos.STATE)
        self.create_timer(1.0, self._report, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def close(self) -> None:
        """Let go of the devices."""
        for hand in self._hands:
            hand.close()

    def _on_state(self, arm: str, message: Any) -> None:
        self._views[arm] = arm_view(message)
        if arm != self._settings.arms[-1] or len(self._views) < len(self._settings.arms):
            return
        motions: dict[str, Motion] = {}
        for hand in self._hands:
            if (motion := hand.poll(time.monotonic_ns(), self._views)) is not None:
                motions[hand.arm] = motion
            self._tell(hand)
        chunk = self._teleoperator.plan(motions, self._views)
        if chunk is not None:
            self._chunks.publish(chunk_to_message(chunk))
        if self._looks % PRESENCE_EVERY == 0:
            self._presence.publish(Bool(data=any(hand.held for hand in self._hands)))
        self._looks += 1

    def _tell(self, hand: Hand) -> None:
        if hand.lost and hand.lost != self._told.get(hand):
            self.get_logger().error(f"{hand.arm}: {hand.lost}")
        self._told[hand] = hand.lost

    def _report(self) -> None:
        lost = [hand.lost for hand in self._hands if hand.lost]
        following = bool(self._views) and all(view.following for view in self._views.values())
        waiting = "" if following else "waiting for the bridge to be started"
        status = DiagnosticStatus(
            level=DiagnosticStatus.ERROR if lost else DiagnosticStatus.OK,
            name="teleop",
            message="; ".join(lost) or waiting or "ready",
            values=[KeyValue(key=f"scale.{hand.arm}", value=f"{hand.scale:g}") for hand in self._hands],
        )
        array = DiagnosticArray(status=[status])
        array.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(array)


def _json_object(text: str) -> dict[str, Any]:
    try:
        options = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise ConfigError(f'parameter options is no JSON: {error}; write it like {{"name": value}}') from error
    if not isinstance(options, dict):
        raise ConfigError('parameter options must be a JSON object; write it like {"name": value}')
    return options


def main() -> int:
    """The executable teleop_node."""
    return run_node(TeleopNode, threads=1)


if __name__ == "__main__":
    sys.exit(main())

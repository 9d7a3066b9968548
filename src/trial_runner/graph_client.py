"""A client of a running graph: services called without blocking, states and chunk outcomes gathered into a view."""

import time
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from molmoact_ros.msg import ArmState, CellState, ChunkStatus, Reasoning
from molmoact_ros.srv import EpisodeCommand, ResetCell, SetInstruction, SetSpeedFactor, SetTrace
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from std_srvs.srv import Trigger

from molmoact_common.errors import UnreachableError
from molmoact_common.ros import qos
from molmoact_common.ros.stamps import to_nanoseconds
from trial_runner.graph_view import GraphView

SERVICES = {
    "bridge/start": Trigger,
    "bridge/stop": Trigger,
    "bridge/recover": Trigger,
    "bridge/home": Trigger,
    "bridge/set_speed_factor": SetSpeedFactor,
    "cell/reset": ResetCell,
    "policy/set_instruction": SetInstruction,
    "policy/set_trace": SetTrace,
    "recorder/episode": EpisodeCommand,
}

MODE_WORDS = {
    ArmState.DISCONNECTED: "disconnected",
    ArmState.IDLE: "idle",
    ArmState.RUNNING: "running",
    ArmState.HOLDING: "holding",
    ArmState.STOPPED: "stopped",
    ArmState.RECOVERING: "recovering",
}


class FutureCall:
    """A service call under way."""

    def __init__(self, future: Any) -> None:
        self._future = future

    @property
    def response(self) -> Any:
        """The response; None until there is one."""
        return self._future.result() if self._future.done() else None


class GraphClient:
    """A ROS node of its own context: whoever uses it keeps the process's signals and default context."""

    def __init__(self, arms: tuple[str, ...], namespace: str = "") -> None:
        self.view = GraphView()
        self._context = Context()
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node("trial_client", context=self._context, namespace=namespace)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._clients = {name: self._node.create_client(kind, name) for name, kind in SERVICES.items()}
        for arm in arms:
            self._node.create_subscription(ArmState, f"arm/{arm}/state", self._on_arm, qos.STATE)
        self._node.create_subscription(CellState, "cell/state", self._on_cell, qos.STATE)
        self._node.create_subscription(ChunkStatus, "bridge/chunk_status", self._on_chunk, qos.EVENTS)
        self._node.create_subscription(Reasoning, "policy/reasoning", self._on_reasoning, qos.EVENTS)
        self._node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, qos.EVENTS)

    def begin_call(self, service: str, fields: dict[str, Any]) -> FutureCall:
        """Call a service without waiting.

        Raises:
            UnreachableError: nobody offers it.
        """
        client = self._clients[service]
        if not client.wait_for_service(timeout_sec=10.0):
            raise UnreachableError(f"nobody offers {service}; is its node up? see the logs of the run")
        return FutureCall(client.call_async(SERVICES[service].Request(**fields)))

    def spin(self, seconds: float) -> None:
        """Take in what comes within `seconds` of wall time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left)

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown(timeout_sec=1.0)
        self._node.destroy_node()
        self._context.try_shutdown()

    def _on_arm(self, message: Any) -> None:
        self.view.arm_modes[message.arm] = MODE_WORDS.get(message.mode, f"mode {message.mode}")
        self.view.arm_reasons[message.arm] = message.reason
        self.view.world_ns = max(self.view.world_ns, to_nanoseconds(message.header.stamp))

    def _on_cell(self, message: Any) -> None:
        self.view.success = bool(message.success)
        self.view.progress = float(message.progress)
        self.view.instruction = message.instruction
        self.view.seed = int(message.seed)

    def _on_chunk(self, message: Any) -> None:
        if message.status == ChunkStatus.ACCEPTED:
            self.view.accepted += 1
        elif message.status == ChunkStatus.FINISHED or (message.status == ChunkStatus.REPLACED and message.steps_done):
            self.view.executed += 1
        elif message.status == ChunkStatus.REFUSED:
            self.view.refused.append(message.reason)

    def _on_reasoning(self, message: Any) -> None:
        if message.stage == Reasoning.STAGE_REFUSED:
            self.view.answers_refused.append(message.why)

    def _on_diagnostics(self, message: Any) -> None:
        for status in message.status:
            if status.name == "policy":
                self.view.policy = status.message

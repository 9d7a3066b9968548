"""The policy node: topics and services around the desk and the reasoning thread."""

import sys
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from molmoact_ros.msg import ActionChunk, ArmState, ChunkStatus, Reasoning
from molmoact_ros.srv import SetInstruction, SetTrace
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import String

from molmoact_common.ros import qos
from molmoact_common.ros.images import image_from_message
from molmoact_common.ros.messages import chunk_to_message, traces_from_messages
from molmoact_common.ros.nodes import run_node
from molmoact_common.ros.parameters import read_parameters
from molmoact_common.ros.stamps import NANOSECONDS, to_nanoseconds
from molmoact_policy.drawn import refuse_drawn
from molmoact_policy.execution import ExecutionGate
from molmoact_policy.messages import arm_record, reasoning_message
from molmoact_policy.observing import Desk, DeskSettings
from molmoact_policy.parameters import PolicyParameters, arm_names, make_backend
from molmoact_policy.thinking import Thought
from molmoact_policy.worker import ReasoningWorker

SLOWEST_SPEED_FACTOR = 0.05
"""The smallest speed factor that the bridge may run at: bounds how long the end of a chunk is waited for."""

CLOSE_SECONDS = 5.0
"""How long a closing node waits for the pass of the model that is under way."""

ENDED = (ChunkStatus.FINISHED, ChunkStatus.REFUSED, ChunkStatus.DISCARDED, ChunkStatus.REPLACED)


class PolicyNode(Node):
    """Observations in, reasoning and chunks out."""

    def __init__(self, **options: Any) -> None:
        """`options`: of rclpy's Node (context, parameter overrides), for tests."""
        super().__init__("policy_node", **options)
        parameters = read_parameters(self, PolicyParameters)
        self._backend, execution = make_backend(parameters)
        profile = self._backend.profile
        self._arms = arm_names(parameters, profile.arms)
        longest_ns = int(profile.steps * profile.step_period / SLOWEST_SPEED_FACTOR * NANOSECONDS)
        settings = DeskSettings(profile.views, self._arms, int(parameters.view_tolerance * NANOSECONDS))
        self._desk: Desk[Image] = Desk(settings, ExecutionGate(execution, longest_ns), image_from_message)
        self._worker = ReasoningWorker(self._desk, self._backend, self._arms, self._now, self._publish)
        self._backend.warm_up()
        self._connect()
        if parameters.instruction:
            self._take_instruction(parameters.instruction)
        self._worker.start()
        self.get_logger().info(f"ready: {self._backend.name}, {execution}, views {', '.join(profile.views)}")

    def close(self) -> None:
        """End the reasoning thread and give the backend's resources back."""
        if self._worker.close(CLOSE_SECONDS):
            self._backend.close()

    def _connect(self) -> None:
        self._reasoning = self.create_publisher(Reasoning, "policy/reasoning", qos.EVENTS)
        self._chunks = self.create_publisher(ActionChunk, "policy/chunk", qos.STATE)
        self._instruction = self.create_publisher(String, "policy/instruction", qos.LATCHED)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", qos.EVENTS)
        for view in self._backend.profile.views:
            topic = f"camera/{view}/color/image_raw"
            self.create_subscription(Image, topic, partial(self._on_image, view), qos.IMAGE)
        for arm in self._arms:
            self.create_subscription(ArmState, f"arm/{arm}/state", partial(self._on_state, arm), qos.STATE)
        self.create_subscription(ChunkStatus, "bridge/chunk_status", self._on_status, qos.EVENTS)
        self.create_service(SetInstruction, "policy/set_instruction", self._on_set_instruction)
        self.create_service(SetTrace, "policy/set_trace", self._on_set_trace)
        self.create_timer(1.0, self._diagnose)

    def _now(self) -> int:
        return int(self.get_clock().now().nanoseconds)

    def _on_image(self, view: str, message: Any) -> None:
        with self._worker.lock:
            self._desk.add_image(view, to_nanoseconds(message.header.stamp), message, self._now())
            self._worker.lock.notify_all()

    def _on_state(self, arm: str, message: Any) -> None:
        with self._worker.lock:
            self._desk.add_state(arm, arm_record(message))
            self._worker.lock.notify_all()

    def _on_status(self, message: Any) -> None:
        if message.status in ENDED:
            with self._worker.lock:
                self._desk.gate.ended(int(message.sequence), to_nanoseconds(message.header.stamp))
                self._worker.lock.notify_all()

    def _on_set_instruction(self, request: Any, response: Any) -> Any:
        text = request.instruction.strip()
        response.success = bool(text)
        response.message = f"instruction: {text}" if text else "an empty instruction is refused; to halt, call stop"
        if text:
            self._take_instruction(text)
        return response

    def _take_instruction(self, text: str) -> None:
        with self._worker.lock:
            self._desk.instruction = text
            self._worker.lock.notify_all()
        self._instruction.publish(String(data=text))

    def _on_set_trace(self, request: Any, response: Any) -> Any:
        traces = traces_from_messages(request.traces)
        why = refuse_drawn(traces, self._arms)
        response.success = not why
        response.message = why or (f"steering {len(traces)} arm(s)" if traces else "steering cleared")
        if not why:
            with self._worker.lock:
                self._desk.drawn = {arm or self._arms[0]: points for arm, points in traces.items()}
                self._worker.lock.notify_all()
        return response

    def _publish(self, thought: Thought) -> None:
        self._reasoning.publish(reasoning_message(thought))
        if thought.chunk is not None:
            self._chunks.publish(chunk_to_message(thought.chunk))

    def _diagnose(self) -> None:
        with self._worker.lock:
            waiting = self._desk.waiting_for(self._now())
        status = DiagnosticStatus(name="policy", hardware_id=self._backend.name, level=DiagnosticStatus.OK)
        status.message = f"waiting for {waiting}" if waiting else "reasoning"
        status.values = [KeyValue(key="instruction", value=self._desk.instruction)]
        message = DiagnosticArray(status=[status])
        message.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(message)
        if self._worker.failure is not None:
            raise RuntimeError("the reasoning thread failed") from self._worker.failure


def main() -> int:
    """Entry point of the executable policy_node."""
    return run_node(PolicyNode)


if __name__ == "__main__":
    sys.exit(main())

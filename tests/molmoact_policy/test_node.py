"""The policy node in process, with a scripted backend: topics and services as the other nodes see them."""

import itertools
import time
from collections.abc import Iterator

import numpy as np
import pytest
import rclpy
from molmoact_ros.msg import ActionChunk, ArmState, ChunkStatus, Reasoning, Trace
from molmoact_ros.srv import SetInstruction, SetTrace
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_msgs.msg import String

from molmoact_common.ros import qos
from molmoact_common.ros.images import image_to_message
from molmoact_common.ros.nodes import ensure_ament_prefix
from molmoact_common.ros.stamps import to_time
from molmoact_policy.node import PolicyNode

pytestmark = pytest.mark.ros

DOMAIN = 75
MS = 1_000_000


class Graph:
    """The policy node, and a node that plays camera, bridge and person."""

    def __init__(self, policy_file: str) -> None:
        ensure_ament_prefix()
        self.context = Context()
        rclpy.init(context=self.context, domain_id=DOMAIN)
        override = Parameter("policy_config", value=policy_file)
        self.policy = PolicyNode(context=self.context, parameter_overrides=[override])
        self.node = rclpy.create_node("others", context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.policy)
        self.executor.add_node(self.node)
        self.images = self.node.create_publisher(Image, "camera/front/color/image_raw", qos.IMAGE)
        self.states = self.node.create_publisher(ArmState, "arm/arm/state", qos.STATE)
        self.statuses = self.node.create_publisher(ChunkStatus, "bridge/chunk_status", qos.EVENTS)
        self.reasoning, self.chunks, self.instructions = [], [], []
        self.node.create_subscription(Reasoning, "policy/reasoning", self.reasoning.append, qos.EVENTS)
        self.node.create_subscription(ActionChunk, "policy/chunk", self.chunks.append, qos.STATE)
        self.node.create_subscription(String, "policy/instruction", self.instructions.append, qos.LATCHED)
        self.until(lambda: self.states.get_subscription_count() and self.images.get_subscription_count())
        self.until(lambda: self.node.count_publishers("/policy/chunk"))

    def until(self, condition) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline
            self.executor.spin_once(timeout_sec=0.05)

    def call(self, kind, name, **fields):
        client = self.node.create_client(kind, name)
        self.until(client.service_is_ready)
        answer = client.call_async(kind.Request(**fields))
        self.until(answer.done)
        return answer.result()

    def show(self, ms: int, step: int = 0) -> None:
        """One image, between two states of an arm that follows."""
        for at in (ms - 6, ms - 5):
            self.state(at, step)
        image = image_to_message(np.full((4, 4, 3), 7, np.uint8), "rgb8", ms * MS, "front")
        self.images.publish(image)
        self.state(ms + 5, step)

    def state(self, ms: int, step: int) -> None:
        message = ArmState(arm="arm", mode=ArmState.HOLDING, command_step=step)
        message.header.stamp = to_time(ms * MS)
        message.measured.orientation.w = message.commanded.orientation.w = 1.0
        self.states.publish(message)
        self.executor.spin_once(timeout_sec=0.05)

    def show_until(self, condition, start: int) -> None:
        """A camera that runs until `condition` holds: images are best effort, and thinking takes a thread its time."""
        deadline = time.monotonic() + 30
        for ms in itertools.count(start, 33):
            self.show(ms)
            if condition():
                return
            assert time.monotonic() < deadline, f"nothing came of {(ms - start) // 33} images"
            self.rest()

    def rest(self) -> None:
        """The time between two images, spent on whatever is waiting."""
        until = time.monotonic() + 0.02
        while time.monotonic() < until:
            self.executor.spin_once(timeout_sec=0.005)

    def close(self) -> None:
        self.policy.close()
        self.executor.shutdown()
        self.policy.destroy_node()
        self.node.destroy_node()
        self.context.try_shutdown()


@pytest.fixture
def graph(tmp_path) -> Iterator[Graph]:
    policy = tmp_path / "policy.yaml"
    policy.write_text("backend: support.scripted_factory:load\n")
    result = Graph(str(policy))
    yield result
    result.close()


def test_an_order_is_reasoned_stage_by_stage_and_then_sent_as_a_chunk(graph):
    assert graph.call(SetInstruction, "policy/set_instruction", instruction=" lift the block ").success
    graph.show_until(lambda: graph.chunks, start=1000)
    graph.until(lambda: len(graph.reasoning) >= 4)
    assert [m.stage for m in graph.reasoning[:4]] == [
        Reasoning.STAGE_OBSERVED,
        Reasoning.STAGE_DEPTH,
        Reasoning.STAGE_TRACE,
        Reasoning.STAGE_ACTION,
    ]
    chunk = graph.chunks[0]
    assert (chunk.instruction, chunk.steps, chunk.dof) == ("lift the block", 2, 7)
    assert chunk.sequence == graph.reasoning[0].sequence
    assert list(graph.reasoning[3].traces[0].x) == [1, 3]
    graph.until(lambda: graph.instructions)
    assert graph.instructions[0].data == "lift the block"


def test_in_open_loop_the_next_chunk_waits_for_the_end_of_the_last(graph):
    graph.call(SetInstruction, "policy/set_instruction", instruction="lift the block")
    graph.show_until(lambda: graph.chunks, start=1000)
    for ms in range(6000, 6300, 33):
        graph.show(ms)
        graph.rest()
    assert len(graph.chunks) == 1
    ended = ChunkStatus(sequence=graph.chunks[0].sequence, status=ChunkStatus.FINISHED)
    ended.header.stamp = to_time(6300 * MS)
    graph.statuses.publish(ended)
    graph.show_until(lambda: len(graph.chunks) == 2, start=6400)


def test_an_empty_instruction_is_refused_with_what_to_do(graph):
    answer = graph.call(SetInstruction, "policy/set_instruction", instruction="  ")
    assert not answer.success
    assert "call stop" in answer.message


def test_a_drawn_trace_reaches_the_reasoning_until_it_is_cleared(graph):
    drawn = Trace(arm="", x=[10, 200], y=[20, 100])
    assert graph.call(SetTrace, "policy/set_trace", traces=[drawn]).success
    graph.call(SetInstruction, "policy/set_instruction", instruction="lift the block")
    graph.show_until(lambda: graph.chunks, start=1000)
    assert [(m.arm, list(m.x)) for m in graph.reasoning[0].drawn] == [("arm", [10, 200])]
    cleared = graph.call(SetTrace, "policy/set_trace", traces=[])
    assert (cleared.success, cleared.message) == (True, "steering cleared")
    wrong = graph.call(SetTrace, "policy/set_trace", traces=[Trace(arm="third", x=[1], y=[1])])
    assert not wrong.success

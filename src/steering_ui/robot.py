"""The graph as the page's control sees it: topics and services behind `steering_ui.control.Robot`."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from molmoact_ros.msg import ActionChunk, ChunkStatus
from molmoact_ros.srv import EpisodeCommand, SetInstruction, SetSpeedFactor, SetTrace
from rclpy.node import Node
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from molmoact_common.ros import qos
from molmoact_common.ros.messages import chunk_to_message, traces_to_messages
from molmoact_common.ros.stamps import to_time
from steering_ui.approval import Declined, Relayed
from steering_ui.errors import RefusedError
from steering_ui.standstill import Standing, standstill

SERVICES: Mapping[str, Any] = {
    "bridge/start": Trigger,
    "bridge/recover": Trigger,
    "bridge/home": Trigger,
    "bridge/set_speed_factor": SetSpeedFactor,
    "policy/set_instruction": SetInstruction,
    "policy/set_trace": SetTrace,
    "recorder/episode": EpisodeCommand,
}

ANSWER_SECONDS = 120.0
"""Longer than the slowest way home of a real arm; the bridge has deadlines of its own."""

FIND_SECONDS, LOOK_SECONDS = 3.0, 0.05


class RosRobot:
    """Publishers and clients; used in the web server's thread, answers come from the executor's."""

    def __init__(self, node: Node, *, relays: bool, standing: Callable[[], Mapping[str, Standing]]) -> None:
        """`standing` tells how the arms that follow chunks stand now; none: nothing will move."""
        self.relays = relays
        self._node = node
        self._standing = standing
        self._stop = node.create_publisher(Bool, "stop", qos.LATCHED)
        self._hold = node.create_publisher(ActionChunk, "teleop/chunk", qos.STATE)
        self._clients = {name: node.create_client(kind, name) for name, kind in SERVICES.items()}
        if relays:
            self._chunks = node.create_publisher(ActionChunk, "policy/chunk", qos.STATE)
            self._statuses = node.create_publisher(ChunkStatus, "bridge/chunk_status", qos.EVENTS)

    def stop(self, held: bool) -> None:
        """See `Robot`."""
        self._stop.publish(Bool(data=held))

    def stand_still(self, why: str) -> None:
        """See `Robot`."""
        self._node.get_logger().warning(f"hold: {why}")
        if not self.relays:
            self.stop(True)
        elif arms := self._standing():
            now_ns = int(self._node.get_clock().now().nanoseconds)
            self._hold.publish(chunk_to_message(standstill(arms, now_ns)))

    def relay(self, outcome: Relayed) -> None:
        """See `Robot`."""
        message = outcome.proposal.message
        if outcome.rows < message.steps:
            message.deltas = message.deltas[: outcome.rows * message.dof]
            message.steps = outcome.rows
        self._chunks.publish(message)

    def decline(self, outcome: Declined) -> None:
        """See `Robot`: the policy, which may wait for the chunk's end, looks again; records say why."""
        message = ChunkStatus(sequence=outcome.proposal.sequence, status=ChunkStatus.REFUSED, reason=outcome.why)
        message.header.stamp = to_time(int(self._node.get_clock().now().nanoseconds))
        message.ledger = outcome.proposal.message.ledger
        self._statuses.publish(message)

    async def call(self, service: str, fields: dict[str, Any]) -> str:
        """See `Robot`."""
        client = self._clients[service]
        if not await _offered(client):
            raise RefusedError(f"nobody offers {service}; its node is not up")
        future = client.call_async(_request(service, fields))
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(done.set))
        try:
            await asyncio.wait_for(done.wait(), ANSWER_SECONDS)
        except TimeoutError as error:
            client.remove_pending_request(future)
            raise RefusedError(f"{service} gave no answer within {ANSWER_SECONDS:g} s") from error
        answer = future.result()
        if not answer.success:
            raise RefusedError(answer.message)
        return answer.message or "done"


async def _offered(client: Any) -> bool:
    """Whether a service is there, or comes within the time that nodes take to find each other."""
    for _ in range(round(FIND_SECONDS / LOOK_SECONDS)):
        if client.service_is_ready():
            return True
        await asyncio.sleep(LOOK_SECONDS)
    return False


def _request(service: str, fields: dict[str, Any]) -> Any:
    if service == "policy/set_trace":
        return SetTrace.Request(traces=traces_to_messages(fields["traces"]))
    if service == "recorder/episode":
        command = getattr(EpisodeCommand.Request, fields["command"].upper())
        return EpisodeCommand.Request(**{**fields, "command": command})
    return SERVICES[service].Request(**fields)

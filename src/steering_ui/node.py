"""The steering node: the page's web server beside topics and services; everything that decides runs in its thread."""

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from molmoact_ros.msg import ActionChunk
from numpy.typing import NDArray
from rclpy.clock import Clock as RosClock
from rclpy.clock import ClockType
from rclpy.node import Node

from molmoact_common.ros import qos
from molmoact_common.ros.messages import chunk_from_message
from molmoact_common.ros.nodes import run_node
from molmoact_common.ros.parameters import read_parameters
from steering_ui.access import Access, new_secret
from steering_ui.addresses import Addresses, names_of, url
from steering_ui.approval import ApprovalDesk, Mode, Proposal
from steering_ui.board import Board
from steering_ui.control import Clock, Control
from steering_ui.depth import DepthPainter
from steering_ui.lease import Lease
from steering_ui.listening import listen
from steering_ui.page import Page
from steering_ui.parameters import TOKEN_VARIABLE, SteeringParameters, listed
from steering_ui.pictures import Pictures
from steering_ui.rates import TokenBucket
from steering_ui.robot import RosRobot
from steering_ui.server import WebServer
from steering_ui.showing import stamp
from steering_ui.watching import DEPTH, Ears, Eyes, show_plan

LINES_A_SECOND, MOST_LINES = 5, 200
"""What is logged at most of what was refused: strangers must not fill a disk."""


class SteeringNode(Node):
    """The page of one graph."""

    def __init__(self, **options: Any) -> None:
        """`options`: of rclpy's Node (context, parameter overrides), for tests."""
        super().__init__("steering", **options)
        self._parameters = read_parameters(self, SteeringParameters)
        self._onlooker = Node(
            "steering_onlooker",
            context=self.context,
            namespace=self.get_namespace(),
            start_parameter_services=False,
            use_global_arguments=False,  # a name that was given to this process is the other node's
            enable_rosout=False,
        )
        self._lines = TokenBucket(rate=LINES_A_SECOND, burst=MOST_LINES)
        self._board = Board()
        self._pictures = Pictures((*listed(self._parameters.cameras), DEPTH))
        self._painter = DepthPainter(self._parameters.checkpoint, self._later(self._show_depth), self._log)
        self._eyes = Eyes(self._onlooker, listed(self._parameters.arms), self._board, self._pictures, self._log)
        self._page = self._make_page()
        self._ears = Ears(self, self._board, self._later, self._painter)
        topic, heard = (
            ("policy/proposal", self._on_proposal) if self._parameters.relay else ("policy/chunk", self._on_chunk)
        )
        self.create_subscription(ActionChunk, topic, self._later(heard), qos.STATE)
        self.create_timer(1.0, self._check, clock=RosClock(clock_type=ClockType.STEADY_TIME))
        self._server.start()
        told = "(as given)" if TOKEN_VARIABLE in os.environ else self.token
        self.get_logger().info(f"the steering page: {url(self._parameters.host, self.port, told)}")

    def close(self) -> None:
        """End the server."""
        self._server.close()
        self._painter.close()
        self._onlooker.destroy_node()

    def _make_page(self) -> Page:
        parameters = self._parameters
        bound = listen(parameters.host, parameters.port)
        self.port = int(bound.getsockname()[1])
        self.token = os.environ.get(TOKEN_VARIABLE) or new_secret()
        robot = RosRobot(self, relays=parameters.relay, standing=self._eyes.standing)
        approval = ApprovalDesk(Mode.ASK if parameters.ask else Mode.PASS, parameters.approval_limit)
        self._control = Control(robot, approval, Lease(parameters.patience), Clock(time.monotonic, self._now_ns))
        page = Page(
            access=Access(self.token),
            addresses=Addresses(names_of(parameters.host, listed(parameters.names)), self.port),
            cookie=f"steering_{self.port}",
            control=self._control,
            board=self._board,
            pictures=self._pictures,
            refresh=self._refresh,
            log=self._log,
            now=time.monotonic,
        )
        self._board.put(
            "graph", {"arms": listed(parameters.arms), "views": self._pictures.names, "relays": parameters.relay}
        )
        self._server = WebServer(page, bound)
        return page

    def _later(self, heard: Callable[[Any], object]) -> Callable[[Any], None]:
        """A callback of the executor's thread that lets `heard` run in the server's."""

        def callback(message: Any) -> None:
            if self._server.loop is not None and not self._server.loop.is_closed():
                self._server.loop.call_soon_threadsafe(partial(heard, message))

        return callback

    def _on_proposal(self, message: Any) -> None:
        proposal = Proposal(int(message.sequence), stamp(message), int(message.steps), message)
        self._control.proposed(proposal, unseen=self._on_chunk(message))

    def _on_chunk(self, message: Any) -> str:
        """Show a chunk, or say why that cannot be done."""
        try:
            show_plan(self._board, chunk_from_message(message), self._eyes.commanded())
        except ValueError as error:
            self._log(f"a chunk that cannot be shown: {error}")
            return str(error)
        return ""

    def _show_depth(self, picture: NDArray[np.uint8]) -> None:
        self._pictures.put(DEPTH, picture)

    def _refresh(self, watched: bool) -> None:
        self._eyes.refresh(watched)
        left = self._control.approval.left(self._now_ns())
        self._board.put("left", None if left is None else round(left, 1))

    def _now_ns(self) -> int:
        return int(self.get_clock().now().nanoseconds)

    def _log(self, line: str) -> None:
        if self._lines.take(time.monotonic()):
            self.get_logger().warning(line)

    def _check(self) -> None:
        if self._page.failure is not None:
            raise RuntimeError("the page no longer looks after its connections") from self._page.failure


def main() -> int:
    """Entry point of the executable steering_node."""
    return run_node(SteeringNode, threads=1)


if __name__ == "__main__":
    sys.exit(main())

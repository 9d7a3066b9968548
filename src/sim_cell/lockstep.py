"""Waiting for the arms' clients: in lock-step the world makes no tick before each has answered the last one."""

import select
import time
from collections.abc import Sequence
from typing import Any

ANSWER_TIMEOUT = 0.5
"""Wall seconds that clients have for their answers; then the tick goes without, as on a robot that lost a packet."""


class LockStep:
    """Waits for the client of every server."""

    def __init__(self, servers: Sequence[Any]) -> None:
        self._clients = [_Client(server) for server in servers]

    def wait_for_answers(self) -> None:
        """Return once every command for the last state is there, or nobody owes one, or time is up."""
        deadline = time.monotonic() + ANSWER_TIMEOUT
        for client in self._clients:
            client.wait_for_answer(max(0.0, deadline - time.monotonic()))


class _Client:
    """Watches a server's UDP socket, which franky-sim keeps to itself.

    A client that was just told to start a motion may take its time before its first command (libfranka's set-up, about
    50 ms): waiting for it would only stall the world, so it is waited for from that command on.
    """

    def __init__(self, server: Any) -> None:
        self._server = server
        self._answering = 0

    def wait_for_answer(self, seconds: float) -> None:
        motion = self._server.current_motion_id
        socket = self._server._FrankaServer__udp_socket
        if socket is None or not motion:
            return
        patience = seconds if motion == self._answering else 0.0
        readable, _, _ = select.select([socket], [], [], patience)
        if readable:
            self._answering = motion

"""Waiting for the arm's client: in lock-step the world makes no tick before the client has answered the last one."""

import select
from typing import Any

ANSWER_TIMEOUT = 0.5
"""Wall seconds that a client has for its answer; then the tick goes without, as on a robot that lost a packet."""


class LockStep:
    """Watches the server's UDP socket, which franky-sim keeps to itself.

    A client that was just told to start a motion may take its time before its first command (libfranka's set-up, about
    50 ms): waiting for it would only stall the world, so it is waited for from that command on.
    """

    def __init__(self, server: Any) -> None:
        self._server = server
        self._answering = 0

    def wait_for_answer(self) -> None:
        """Return once the client's command for the last state is there, or nobody owes one, or time is up."""
        motion = self._server.current_motion_id
        socket = self._server._FrankaServer__udp_socket
        if socket is None or not motion:
            return
        patience = ANSWER_TIMEOUT if motion == self._answering else 0.0
        readable, _, _ = select.select([socket], [], [], patience)
        if readable:
            self._answering = motion

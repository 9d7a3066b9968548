"""A small server of openpi's protocol: says hello, then gives each message to a behaviour, whose word goes back."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.server import ServerProtocol
from websockets.sync.server import ServerConnection, serve

from molmoact_policy.remote.arrays import packed, unpacked

Behaviour = Callable[[ServerConnection, dict[str, Any]], object]
"""Gets the connection and a request; what it returns is sent: bytes, text, or a message to be packed; None: nothing."""


@dataclass
class OpenpiServer:
    """Attributes tell what the server has seen; set `behaviour` to change what it does next."""

    behaviour: Behaviour
    hello: object = field(default_factory=lambda: {"policy": "small"})
    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Any] = field(default_factory=list)

    def handle(self, connection: ServerConnection) -> None:
        self.headers.append(connection.request.headers)
        try:
            _send(connection, self.hello)
            for message in connection:
                self.requests.append(unpacked(message))
                _send(connection, self.behaviour(connection, self.requests[-1]))
        except ConnectionClosed:
            pass


def _send(connection: ServerConnection, what: object) -> None:
    if isinstance(what, dict):
        what = packed(what)
    if what is not None:
        connection.send(what)


@contextmanager
def openpi_server(behaviour: Behaviour) -> Iterator[OpenpiServer]:
    """A server on a free port of this machine."""
    server = OpenpiServer(behaviour)
    with serve(server.handle, "127.0.0.1", 0, compression=None, max_size=None) as listening:
        host, port = listening.socket.getsockname()
        server.url = f"ws://{host}:{port}"
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield server
        listening.shutdown()
        thread.join(5)


@contextmanager
def deaf_openpi_server() -> Iterator[str]:
    """Address of a server that says hello and then reads nothing any more."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        heard: list[socket.socket] = []
        threading.Thread(target=_say_hello, args=(listening, heard), daemon=True).start()
        yield "ws://{}:{}".format(*listening.getsockname())
        for connection in heard:
            connection.close()


def _say_hello(listening: socket.socket, heard: list[socket.socket]) -> None:
    connection, _ = listening.accept()
    heard.append(connection)
    protocol = ServerProtocol()
    protocol.receive_data(connection.recv(65536))
    (request,) = protocol.events_received()
    protocol.send_response(protocol.accept(request))
    protocol.send_binary(packed({}))
    for data in protocol.data_to_send():
        connection.sendall(data)

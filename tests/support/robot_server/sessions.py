"""Sockets of one protocol: a listener that takes one client at a time, and the session with it."""

import contextlib
import select
import socket

from support.robot_server.wire import Protocol, Request

SEND_SECONDS = 5.0


class Session:
    """One client: its requests over TCP, datagrams over UDP."""

    def __init__(self, tcp: socket.socket, protocol: Protocol) -> None:
        self._tcp = tcp
        self._tcp.setblocking(False)
        self._tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._protocol = protocol
        self._buffer = b""
        self._udp: socket.socket | None = None
        self.gone = False

    @property
    def streams(self) -> bool:
        """Whether the client has told where states go."""
        return self._udp is not None

    def requests(self) -> list[Request]:
        """What has come; sets `gone` where the client has hung up."""
        self._read()
        found = []
        while request := self._protocol.request(self._buffer):
            self._buffer = self._buffer[request.size :]
            found.append(request)
        return found

    def _read(self) -> None:
        try:
            data = self._tcp.recv(65536)
            self._buffer += data
            self.gone = self.gone or not data
        except BlockingIOError:
            pass
        except OSError:
            self.gone = True

    def answer(self, order: int, number: int, status: int, payload: bytes = b"") -> None:
        """Answer a request; a client that is gone does not matter."""
        with contextlib.suppress(OSError):
            self._tcp.settimeout(SEND_SECONDS)  # the whole of it, however little the client reads at once
            self._tcp.sendall(self._protocol.answer(order, number, status, payload))
            self._tcp.setblocking(False)

    def open_udp(self, port: int) -> None:
        """Datagrams go to the client's address and this port."""
        host, _ = self._tcp.getpeername()
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.connect((host, port))
        self._udp.setblocking(False)

    def send(self, datagram: bytes) -> None:
        """To the client; lost where it does not listen any more."""
        if self._udp is not None:
            with contextlib.suppress(OSError):
                self._udp.send(datagram)

    def receive(self) -> bytes | None:
        """A datagram that has come, or none."""
        with contextlib.suppress(OSError):
            return self._udp.recv(65536) if self._udp is not None else None
        return None

    def wait(self, seconds: float) -> None:
        """Until something comes, or so long."""
        select.select([self._tcp, *([self._udp] if self._udp else [])], [], [], seconds)

    def close(self) -> None:
        """Hang up."""
        self.gone = True
        self._tcp.close()
        if self._udp is not None:
            self._udp.close()


class Listener:
    """Takes the next client once the one before is gone; until then a client that connects gets no answer."""

    def __init__(self, host: str, port: int, protocol: Protocol) -> None:
        self._socket = socket.create_server((host, port), backlog=4)
        self._socket.setblocking(False)
        self._protocol = protocol

    def accept(self) -> Session | None:
        """A client that waits, or none."""
        with contextlib.suppress(BlockingIOError):
            return Session(self._socket.accept()[0], self._protocol)
        return None

    def close(self) -> None:
        """Nobody listens any more."""
        self._socket.close()

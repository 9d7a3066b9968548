"""Policies behind a server of openpi's protocol: one websocket, msgpack with arrays, an answer to each message."""

import os
import socket
import struct
from collections.abc import Generator
from contextlib import ExitStack

from pydantic import Field
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from molmoact.runtime.backend import BackendSettings
from molmoact_common.errors import ConfigError
from molmoact_common.yaml_config import validate
from molmoact_policy.remote.arrays import ArraysError, packed, unpacked
from molmoact_policy.remote.backend import POLL, LinkError, RemoteBackend, profile_of
from molmoact_policy.remote.requests import Features, nested
from molmoact_policy.remote.settings import RemoteOptions

MOST_BYTES = 64 * 2**20
"""Of one message; an answer has some kilobytes."""

CLOSE_SECONDS = 0.5


class OpenpiOptions(RemoteOptions):
    """`options` of a policy file.

    Attributes:
        url: of the server.
        actions: name of the array in its answer.
        api_key_variable: environment variable that holds the server's key; empty: it needs none.
    """

    url: str = Field(default="ws://127.0.0.1:8000", pattern=r"^wss?://\S+$")
    actions: str = "actions"
    api_key_variable: str = ""


def check(settings: BackendSettings) -> None:
    """Everything that can be told to be wrong without the server (see PolicyConfig.backend).

    Raises:
        ConfigError: options or profile.
    """
    _options(settings)


def load(settings: BackendSettings) -> RemoteBackend:
    """Factory of this backend (see PolicyConfig.backend); errors as of `check`. It connects when it is warmed up."""
    options = _options(settings)
    return RemoteBackend(OpenpiLink(options), profile_of(settings, options), options)


def _options(settings: BackendSettings) -> OpenpiOptions:
    options = validate(dict(settings.options), OpenpiOptions, "the policy's options")
    profile_of(settings, options)
    if options.api_key_variable and options.api_key_variable not in os.environ:
        raise ConfigError(f"the environment has no {options.api_key_variable}; set it to the server's key")
    return options


class OpenpiLink:
    """A `Link` of one connection. The server says what it is, then answers each message in turn."""

    def __init__(self, options: OpenpiOptions) -> None:
        self._options = options
        self._connection: ClientConnection | None = None
        self._closing = ExitStack()

    @property
    def name(self) -> str:
        """For records."""
        return f"openpi {self._options.url}"

    def open(self) -> None:
        """Connect and hear what the server says of itself."""
        self._opened()

    def ask(self, sequence: int, request: Features) -> Generator[object | None]:
        """See `Link`; the protocol has no place for `sequence`, so a connection with an answer to come is closed."""
        del sequence
        connection, actions = self._opened(), None
        try:
            connection.send(packed(nested(request)))
            while (answer := _received(connection, POLL)) is None:
                yield None
            actions = self._actions(answer)
        except (OSError, WebSocketException) as error:
            raise LinkError(f"the connection broke: {_reason(error)}") from error
        finally:
            if actions is None:
                self.close()
        yield actions

    def close(self) -> None:
        """Disconnect."""
        self._connection = None
        self._closing.close()

    def _opened(self) -> ClientConnection:
        if self._connection is None:
            try:
                connection = self._connected()
                hello = _received(connection, self._options.connect_seconds)
                if not isinstance(hello, bytes) or not isinstance(_message(hello), dict):
                    raise LinkError("whoever listens there does not say hello as an openpi server does")
            except (OSError, WebSocketException) as error:
                self.close()
                raise LinkError(f"cannot connect: {_reason(error)}") from error
            except LinkError:
                self.close()
                raise
            self._connection = connection
        return self._connection

    def _connected(self) -> ClientConnection:
        seconds, variable = self._options.connect_seconds, self._options.api_key_variable
        opening = connect(
            self._options.url,
            additional_headers={"Authorization": f"Api-Key {os.environ.get(variable, '')}"} if variable else None,
            compression=None,
            proxy=None,
            open_timeout=seconds,
            close_timeout=CLOSE_SECONDS,
            ping_interval=None,  # servers of this protocol think in the thread that would answer
            max_size=MOST_BYTES,
        )
        connection = self._closing.enter_context(opening)
        # A server that stops reading would else block the sender for as long as it likes.
        limit = struct.pack("ll", int(seconds), int(seconds % 1 * 1e6))
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        return connection

    def _actions(self, answer: str | bytes) -> object:
        if isinstance(answer, str):  # how these servers tell of an exception
            raise LinkError(f"the server failed: {_last_line(answer)}")
        message = _message(answer)
        if not isinstance(message, dict) or self._options.actions not in message:
            there = ", ".join(map(str, message)) if isinstance(message, dict) else type(message).__name__
            raise LinkError(f"the answer has no {self._options.actions!r}, but {there or 'nothing'}")
        return message[self._options.actions]


def _received(connection: ClientConnection, seconds: float) -> str | bytes | None:
    try:
        return connection.recv(timeout=seconds)
    except TimeoutError:
        return None


def _message(data: bytes) -> object:
    try:
        return unpacked(data)
    except ArraysError as error:
        raise LinkError(str(error)) from error


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it does not say how"])[-1][:200]


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__} {error}".strip()

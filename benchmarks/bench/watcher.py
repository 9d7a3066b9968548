"""Somebody who watches the steering page without a browser's own hunger for CPU: logs in and takes in what is sent."""

import http.client
import json
import threading
from types import TracebackType
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

PATIENCE = 30.0


class Watcher:
    """Use as a context manager."""

    def __init__(self, address: str) -> None:
        """`address`: as it is printed, with the token behind the hash."""
        self.pictures = 0
        """Pictures that came so far."""
        parts = urlsplit(address)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._netloc = parts.netloc
        self._token = parts.fragment.partition("=")[2]

    def __enter__(self) -> "Watcher":
        headers = {"Cookie": self._login()}
        address = f"ws://{self._netloc}/socket"
        self._socket = connect(address, origin=Origin(self._origin), additional_headers=headers, open_timeout=PATIENCE)
        self._thread = threading.Thread(target=self._take_in, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        self._thread.join(PATIENCE)

    def _login(self) -> str:
        connection = http.client.HTTPConnection(self._netloc, timeout=PATIENCE)
        connection.request("POST", "/login", json.dumps({"token": self._token}), {"Origin": self._origin})
        return str(connection.getresponse().headers["set-cookie"]).split(";")[0]

    def _take_in(self) -> None:
        try:
            for data in self._socket:
                self.pictures += isinstance(data, bytes)
        except ConnectionClosed:
            return

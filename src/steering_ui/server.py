"""The web server in a thread of its own, beside the node's executor."""

import asyncio
import socket
import threading

import uvicorn

from molmoact_common.errors import UserError
from steering_ui.app import make_app
from steering_ui.page import Page

MOST_FRAME_BYTES = 16_384
"""A longer frame ends the connection before it is read to its end."""

START_SECONDS = 20.0
CLOSE_SECONDS = 5.0


class WebServer:
    """Serves a page until closed."""

    def __init__(self, page: Page, bound: socket.socket) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        """The loop of the server's thread, once it runs."""
        self._ready = threading.Event()
        self._bound = bound
        config = uvicorn.Config(
            make_app(page, self._on_ready),
            log_level="warning",
            access_log=False,
            server_header=False,
            ws_max_size=MOST_FRAME_BYTES,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([bound],), name="web", daemon=True)

    def start(self) -> None:
        """Begin to serve.

        Raises:
            UserError: it does not come up.
        """
        self._thread.start()
        if not self._ready.wait(START_SECONDS):
            raise UserError("the steering page's web server did not start; see the log of its node")

    def close(self) -> None:
        """End every connection and the thread."""
        self._server.should_exit = True
        self._thread.join(CLOSE_SECONDS)
        self._bound.close()

    def _on_ready(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._ready.set()

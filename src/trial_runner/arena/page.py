"""The arena as a page of this machine: one voter, one word in the address that only the terminal tells."""

import json
import secrets
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files

from pydantic import Field

from molmoact_common.errors import UserError
from molmoact_common.yaml_config import Settings, validate
from trial_runner.arena.arena import Arena
from trial_runner.arena.votes import Choice

LOOPBACK = "127.0.0.1"
LONGEST_VOTE = 1000
"""Bytes of a vote."""


class _Vote(Settings):
    number: int = Field(ge=0)
    choice: Choice


class ArenaServer(ThreadingHTTPServer):
    """Listens on loopback alone; close it, or use it as a context manager.

    Attributes:
        url: where the page is.
    """

    daemon_threads = True

    def __init__(self, arena: Arena, port: int = 0) -> None:
        """`port` 0 takes a free one.

        Raises:
            UserError: the port is taken.
        """
        self.arena = arena
        self.word = secrets.token_urlsafe(16)
        try:
            super().__init__((LOOPBACK, port), _Handler)
        except OSError as error:
            raise UserError(f"cannot listen on port {port}: {error.strerror}; choose another") from error
        self.url = f"http://{LOOPBACK}:{self.server_address[1]}/{self.word}/"


class _Handler(BaseHTTPRequestHandler):
    server: ArenaServer
    timeout = 10.0

    def do_GET(self) -> None:
        pages: dict[str, Callable[[], None]] = {"": self._page, "pair": self._pair}
        path = self._path()
        if path is not None and path.startswith("picture/"):
            self._picture()
        elif path in pages:
            pages[path]()
        else:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"nothing here; the terminal tells the address")

    def do_POST(self) -> None:
        if self._path() != "vote":
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"nothing here")
            return
        try:
            length = min(int(self.headers.get("Content-Length") or 0), LONGEST_VOTE)
            said = validate(json.loads(self.rfile.read(length)), _Vote, "vote")
            self.server.arena.vote(said.number, said.choice)
        except (ValueError, IndexError, UserError) as error:
            self._send(HTTPStatus.BAD_REQUEST, "text/plain", str(error).encode())
            return
        self._send(HTTPStatus.NO_CONTENT, "text/plain", b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is http.server's
        """Say nothing: the terminal belongs to the voter."""

    def _path(self) -> str | None:
        """What stands behind the word; None without it."""
        prefix = f"/{self.server.word}/"
        known = secrets.compare_digest(self.path[: len(prefix)].encode(), prefix.encode())
        return self.path[len(prefix) :] if known else None

    def _page(self) -> None:
        self._send(HTTPStatus.OK, "text/html; charset=utf-8", _template().encode())

    def _pair(self) -> None:
        found, arena = self.server.arena.next_pair(), self.server.arena
        told: dict[str, int | str | None] = {"number": None, "voted": arena.voted, "total": arena.total}
        if found is not None:
            told |= {"number": found.number, "task": found.task, "instruction": found.instruction}
        self._send(HTTPStatus.OK, "application/json", json.dumps(told).encode())

    def _picture(self) -> None:
        found = self.server.arena.next_pair()
        if found is None:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"no pair is left")
        else:
            self._send(HTTPStatus.OK, "image/webp", found.picture.read_bytes())

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


def _template() -> str:
    return (files("trial_runner") / "templates" / "arena.html").read_text(encoding="utf-8")

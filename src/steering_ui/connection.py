"""One browser's socket: what it says is judged and followed, what changes is shown to it."""

import asyncio
import contextlib
import json
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from steering_ui.access import new_secret
from steering_ui.errors import RefusedError
from steering_ui.inbox import Inbox
from steering_ui.messages import Command
from steering_ui.page import Page

STOP = '{"type":"stop"}'
"""Compared as it is: a stop is no matter of numbers, rates or schemas."""

SHOW_SECONDS = 0.1
MOST_CONNECTIONS = 16
MOST_UNDER_WAY = 8
"""Orders of one page that wait for the graph's answer."""

TRY_LATER, NOT_ALLOWED, TOO_LONG = 1013, 1008, 1009


class Connection:
    """From the accepted handshake to its end."""

    def __init__(self, socket: WebSocket, page: Page) -> None:
        self._socket = socket
        self._page = page
        self._name = new_secret()
        self._inbox = Inbox(self._name)
        self._answers: asyncio.Queue[str] = asyncio.Queue()
        self._under_way: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Until one side ends it."""
        await self._socket.accept()
        if len(self._page.connections) >= MOST_CONNECTIONS:
            self._page.log("refused a page: too many are open")
            await self._socket.close(TRY_LATER)
            return
        self._page.connections.add(self._name)
        showing = asyncio.create_task(self._show())
        try:
            await self._socket.send_text(json.dumps({"type": "hello", "connection": self._name}))
            await self._listen()
        except WebSocketDisconnect:
            pass
        finally:
            self._page.connections.discard(self._name)
            self._page.control.gone(self._name)
            showing.cancel()

    async def _listen(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                if message.get("code") == TOO_LONG:
                    self._page.log("refused a message: the frame was too long to be read")
                return
            text = message.get("text")
            if text == STOP:
                self._page.control.stop()
                self._answers.put_nowait(_answer(0, True, "stop was sent"))
            elif not await self._take(text):
                return

    async def _take(self, text: str | None) -> bool:
        """Begin to do what a message says; whether the connection goes on."""
        try:
            command = self._inbox.take(text or "", self._page.now())
            if len(self._under_way) >= MOST_UNDER_WAY:
                raise RefusedError("too many orders are under way; wait for their answers")
        except RefusedError as error:
            self._refused(0, error)
            if self._inbox.exhausted:
                self._page.log("ended a connection that was refused too often")
                await self._socket.close(NOT_ALLOWED)
                return False
            return True
        task = asyncio.create_task(self._follow(command))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return True

    async def _follow(self, command: Command) -> None:
        try:
            said = await self._page.control.follow(command)
        except RefusedError as error:
            self._refused(command.seq, error)
            return
        if said:
            self._answers.put_nowait(_answer(command.seq, True, said))

    def _refused(self, seq: int, error: RefusedError) -> None:
        self._page.log(f"refused a message: {error}")
        self._answers.put_nowait(_answer(seq, False, str(error)))

    async def _show(self) -> None:
        """Send what is new, ten times a second; a slow browser gets fewer and always the newest."""
        parts: dict[str, int] = {}
        pictures: dict[str, int] = {}
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # it may end in the middle of a send
            while True:
                for text in self._page.board.news(parts):
                    await self._socket.send_text(text)
                for data in self._page.pictures.news(pictures):
                    await self._socket.send_bytes(data)
                with contextlib.suppress(TimeoutError):
                    await self._socket.send_text(await asyncio.wait_for(self._answers.get(), SHOW_SECONDS))


def _answer(seq: int, good: bool, said: str) -> str:
    values: dict[str, Any] = {"type": "answer", "seq": seq, "ok": good, "said": said}
    return json.dumps(values)

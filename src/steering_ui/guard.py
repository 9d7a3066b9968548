"""What stands before every request: host and origin are checked, every answer says what a browser may do with it."""

from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steering_ui.page import Page

HEADERS: Mapping[str, str] = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """ASGI middleware. There is no CORS: another site's script may neither ask nor read."""

    def __init__(self, app: ASGIApp, page: Page) -> None:
        self._app = app
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse: 421 for a name that is not ours, 403 for another site's page."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        asks_to_act = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        why = self._page.addresses.objection(headers.get("host", ""), headers.get("origin"), origin_needed=asks_to_act)
        if why:
            self._page.log(f"refused {scope['path']}: {why}")
            await _refuse(scope, send, 421 if why.startswith("host") else 403)
        else:
            await self._app(scope, receive, _with_headers(send) if scope["type"] == "http" else send)


async def _refuse(scope: Scope, send: Send, status: int) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})  # before it is accepted: the handshake gets a 403
        return
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def _with_headers(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            fixed: list[tuple[bytes, Any]] = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            message = {**message, "headers": [*message.get("headers", []), *fixed]}
        await send(message)

    return wrapped

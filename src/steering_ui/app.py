"""The web application: page, login, stop and the socket; nothing else is served."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from fastapi import FastAPI, Request, Response, WebSocket
from pydantic import Field, ValidationError
from starlette.responses import FileResponse, PlainTextResponse
from starlette.staticfiles import StaticFiles

from molmoact_common.yaml_config import Settings
from steering_ui.connection import NOT_ALLOWED, SHOW_SECONDS, Connection
from steering_ui.errors import RefusedError
from steering_ui.guard import Guard
from steering_ui.page import STATIC, Page

MOST_BYTES = 1024
"""Of a login."""


class Login(Settings):
    """What a browser sends once: the token that was printed."""

    token: str = Field(max_length=200)


def make_app(page: Page, on_ready: Callable[[], None] = lambda: None) -> FastAPI:
    """The application; `on_ready` is called in its loop before the first request."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        on_ready()
        looking = asyncio.create_task(_look(page))
        looking.add_done_callback(page.ended)
        yield
        looking.cancel()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Guard, page=page)

    @app.get("/")
    async def index() -> Response:
        return FileResponse(STATIC / "index.html")

    @app.post("/login")
    async def login(request: Request) -> Response:
        return await _login(page, request)

    @app.post("/stop")
    async def stop(request: Request) -> Response:
        if not _known(page, request):
            return PlainTextResponse("log in first", 401)
        page.control.stop()
        return PlainTextResponse("stop was sent")

    @app.websocket("/socket")
    async def socket(socket: WebSocket) -> None:
        if not _known(page, socket):
            page.log("refused a socket: no session")
            await socket.close(NOT_ALLOWED)
            return
        await Connection(socket, page).serve()

    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


async def _look(page: Page) -> None:
    while True:
        page.look()
        await asyncio.sleep(SHOW_SECONDS)


def _known(page: Page, request: Request | WebSocket) -> bool:
    known = page.access.knows(request.cookies.get(page.cookie, ""))
    if not known and isinstance(request, Request):
        page.log(f"refused {request.url.path}: no session")
    return known


async def _login(page: Page, request: Request) -> Response:
    try:
        given = Login.model_validate_json(await _body(request))
        session = page.access.login(given.token, page.now())
    except (ValidationError, RefusedError) as error:
        why = str(error) if isinstance(error, RefusedError) else "malformed"
        page.log(f"refused a login: {why}")
        return PlainTextResponse(why, 403)
    response = PlainTextResponse("welcome")
    response.set_cookie(page.cookie, session, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return response


async def _body(request: Request) -> bytes:
    """The whole of a small body.

    Raises:
        RefusedError: it is not small.
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise RefusedError("too long")
    return body

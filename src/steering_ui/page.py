"""Everything behind the page in one object, handed to the web application."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from steering_ui.access import Access
from steering_ui.addresses import Addresses
from steering_ui.board import Board
from steering_ui.control import Control
from steering_ui.pictures import Pictures

STATIC = Path(__file__).parent / "static"


@dataclass(slots=True)
class Page:
    """What connections share. All of it is used in the thread of the web server only.

    Attributes:
        access: token and sessions.
        addresses: names of the server.
        cookie: name of the session's cookie; cookies do not know ports, so the port is in it.
        control: what messages do.
        board: what is shown.
        pictures: newest view of each camera.
        refresh: brings board and pictures up to date; told whether anybody looks; called ten times a second.
        log: one line of what was refused.
        now: seconds of a clock that never goes back.
        connections: names of those that are open.
        failure: what ended the looking; lost pages would go unnoticed then, so the node ends with it.
    """

    access: Access
    addresses: Addresses
    cookie: str
    control: Control
    board: Board
    pictures: Pictures
    refresh: Callable[[bool], None]
    log: Callable[[str], None]
    now: Callable[[], float]
    connections: set[str] = field(default_factory=set)
    failure: BaseException | None = None

    def ended(self, looking: asyncio.Task[None]) -> None:
        """The task that looks ten times a second is over."""
        if not looking.cancelled():
            self.failure = looking.exception()

    def look(self) -> None:
        """One tenth of a second later."""
        self.control.look()
        self.refresh(bool(self.connections))
        self.show_control()

    def show_control(self) -> None:
        """Put who has the controls and what waits for approval on the board."""
        desk = self.control.approval
        waiting = None if desk.waiting is None else desk.waiting.sequence
        self.board.put("control", {"holder": self.control.lease.holder, "pages": len(self.connections)})
        self.board.put("approval", {"mode": desk.mode, "held": desk.held, "waiting": waiting})
        self.board.put("steering", self.control.steering)

"""The hand of the robot: a server of its own with a clock of its own, slow enough to be told to fail in time."""

import struct
import threading
from dataclasses import dataclass
from types import TracebackType

from support.robot_server.sessions import Listener, Session
from support.robot_server.wire import (
    CONNECT_PAYLOAD,
    GRIPPER,
    GRIPPER_PORT,
    GRIPPER_STATE,
    GRIPPER_VERSION,
    VERSION_PAYLOAD,
    GripperOrder,
    GripperStatus,
    Request,
)

WIDTH = struct.Struct("<d")
TICK = 0.005
"""Seconds between two states of the hand."""
STROKE = 0.08
STEP = 0.004
"""Metres that the fingers move each tick; faster than a real hand, since nothing is measured by it."""


@dataclass(slots=True)
class Movement:
    """A request that is answered when its width is reached."""

    request: Request
    width: float


class GripperServer:
    """Moves at once to where it is told, unless it is told to fail.

    Attributes:
        orders: widths (m) that were asked for.
        hangs: movements never end.
        mute: no state is sent, and no request is answered.
        outcome: how movements end.
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._listener: Listener | None = None
        self._session: Session | None = None
        self._movement: Movement | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"gripper at {host}", daemon=True)
        self._message_id = 0
        self.width = STROKE
        self.orders: list[float] = []
        self.hangs = False
        self.mute = False
        self.outcome = GripperStatus.SUCCESS

    def __enter__(self) -> "GripperServer":
        self._listener = Listener(self._host, GRIPPER_PORT, GRIPPER)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.set()
        self._thread.join(5)
        if self._listener is not None:
            self._listener.close()
        if self._session is not None:
            self._session.close()

    def _run(self) -> None:
        while not self._closing.wait(TICK):
            if not self.mute:
                self._serve()
                self._move()
                self._send_state()

    def _serve(self) -> None:
        if self._session is None or self._session.gone:
            self._movement = None
            self._session = self._listener.accept() if self._listener is not None else None
        if self._session is not None:
            for request in self._session.requests():
                self._handle(self._session, request)

    def _handle(self, session: Session, request: Request) -> None:
        if request.order == GripperOrder.CONNECT:
            _, port = CONNECT_PAYLOAD.unpack_from(request.payload)
            session.answer(request.order, request.number, 0, VERSION_PAYLOAD.pack(GRIPPER_VERSION))
            session.open_udp(port)
        elif request.order in (GripperOrder.MOVE, GripperOrder.GRASP):
            (width,) = WIDTH.unpack_from(request.payload)
            self._begin(session, request, width)
        else:
            session.answer(request.order, request.number, GripperStatus.SUCCESS)

    def _begin(self, session: Session, request: Request, width: float) -> None:
        self.orders.append(width)
        if self._movement is not None:
            session.answer(self._movement.request.order, self._movement.request.number, GripperStatus.ABORTED)
        self._movement = Movement(request, width)

    def _move(self) -> None:
        movement, session = self._movement, self._session
        if movement is None or session is None or self.hangs:
            return
        self.width += min(max(movement.width - self.width, -STEP), STEP)
        if abs(self.width - movement.width) < 1e-9 or self.outcome is not GripperStatus.SUCCESS:
            session.answer(movement.request.order, movement.request.number, self.outcome)
            self._movement = None

    def _send_state(self) -> None:
        if self._session is not None:
            self._message_id += 1
            self._session.send(GRIPPER_STATE.pack(self._message_id, self.width, STROKE, 0, 30))

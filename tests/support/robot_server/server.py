"""The robot on its port: one thread that ticks in step with its client, and the faults that it can be told to have."""

import threading
import time
from collections.abc import Callable, Sequence
from enum import Enum
from types import TracebackType

import numpy as np

from support.robot_server.gripper import GripperServer
from support.robot_server.orders import Orders
from support.robot_server.pacing import TickGate
from support.robot_server.robot import Robot
from support.robot_server.sessions import Listener, Session
from support.robot_server.wire import COMMAND, ROBOT, ROBOT_PORT, MoveStatus, RobotMode

HOME = (0.0, -0.785398163, 0.0, -2.35619449, 0.0, 1.57079633, 0.785398163)
KEEPALIVE = 0.002
"""Wall seconds a tick of a robot that is held and that nobody answers: a client that waits for a state gets one."""
IDLE_PACE = 0.001
LATE = 0.001
"""Wall seconds after which an answer is lost where the client left the one before out though it had all the time."""
FIRST = 0.05
"""The same before a motion's first answer: the client takes some states to begin, and a busy machine must not make it
look as if it began in mid-motion."""


class Freeze(Enum):
    """Ways of a state to stand still."""

    MEASURED = "joints and pose stay, all else goes on"
    REPEATED = "the same message again and again"
    SILENT = "no message"


class RobotServer:
    """An FR3 at `host`, and its hand; ticks in a thread of its own.

    While a motion runs, a tick waits for the client's answer, so that a run repeats whatever the machine does. A test
    that holds `gate` grants the ticks.

    Attributes:
        robot: what is behind the sockets.
        gripper: its hand.
        gate: lets ticks through.
        orders: answers to requests, and what is wrong with them.
        drop: answers of the client that are still to be lost.
        freeze: how states stand still; none: they do not.
        patience: wall seconds until an answer counts as lost.
        pace: least wall seconds a tick of a motion.
    """

    def __init__(self, host: str, q: Sequence[float] = HOME, *, pace: float = 0.0, patience: float = 20.0) -> None:
        self.host = host
        self.robot = Robot.at(q)
        self.orders = Orders(self.robot)
        self.gripper = GripperServer(host)
        self.gate = TickGate()
        self.drop = 0
        self.freeze: Freeze | None = None
        self.patience = patience
        self.pace = pace
        self._script = self.orders.script
        self._listener: Listener | None = None
        self._session: Session | None = None
        self._message_id = 0
        self._frozen = self.robot.state(0)
        self._mute = False  # whether the client left the last state unanswered, of which it had all the time
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"robot at {host}", daemon=True)

    def __enter__(self) -> "RobotServer":
        self._listener = Listener(self.host, ROBOT_PORT, ROBOT)
        self.gripper.__enter__()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.set()
        self.gate.free()
        self._thread.join(self.patience + 5)
        self.gripper.__exit__(kind, error, at)
        self.close_connection()
        if self._listener is not None:
            self._listener.close()

    @property
    def powered(self) -> bool:
        """Whether it has not vanished."""
        return self._listener is not None

    def at(self, tick: int, action: Callable[[], None]) -> None:
        """`action` before that tick, on the robot's thread."""
        self._script.when(lambda: self.robot.tick >= tick, action)

    def when(self, condition: Callable[[], bool], action: Callable[[], None]) -> None:
        """`action` before the first tick at which `condition` holds."""
        self._script.when(condition, action)

    def close_connection(self) -> None:
        """Hang up on the client; the next one may come."""
        if self._session is not None:
            self._session.close()

    def vanish(self) -> None:
        """Without power: nobody listens, nothing is sent, and the client is not told."""
        if self._listener is not None:
            self._listener.close()
        self._listener = None

    def come_back(self) -> None:
        """Powered on again, with nothing left of before; the arm stands where it was left."""
        self.close_connection()
        self._session = None
        self.robot.end(MoveStatus.ABORTED, RobotMode.IDLE)
        self.robot.endings.clear()
        self.robot.braking = False
        self.robot.arm.rest()
        self._listener = Listener(self.host, ROBOT_PORT, ROBOT)

    def _run(self) -> None:
        while not self._closing.is_set():
            if self._listener is None:
                time.sleep(IDLE_PACE)
                self._script.run()
            elif self.gate.permitted(KEEPALIVE) or not self.robot.locked:
                self._tick()
            else:
                self._serve()

    def _tick(self) -> None:
        start = time.monotonic()
        self._script.run()
        self._serve()
        self._send_state()
        command = self._answer() if self.robot.motion is not None else None
        self.robot.apply(command)
        self._tell_endings()
        self.gate.count()
        pace = self.pace if self.robot.locked or self.gate.held else IDLE_PACE
        time.sleep(max(0.0, pace - (time.monotonic() - start)))

    def _serve(self) -> None:
        """Requests of the client, or the next client; a motion does not outlive its client."""
        if self._session is not None:
            for request in self._session.requests():
                self.orders.take(self._session, request)
        if self._session is None or self._session.gone:
            if self.robot.motion is not None:
                self.robot.end(MoveStatus.ABORTED, RobotMode.IDLE)
            self._session = self._listener.accept() if self._listener is not None else None
            self._message_id = 0
        self._tell_endings()

    def _tell_endings(self) -> None:
        if self._session is not None:
            self.orders.tell_endings(self._session)

    def _send_state(self) -> None:
        self._message_id += 1
        if self._session is None or not self._session.streams or self.freeze is Freeze.SILENT:
            return
        state = self.robot.state(self._message_id)
        if self.freeze is Freeze.REPEATED:
            state = self._frozen
        elif self.freeze is Freeze.MEASURED:
            for name in ("q", "dq", "O_T_EE"):
                state[name] = self._frozen[name]
        else:
            self._frozen = state
        self._session.send(state.tobytes())

    def _answer(self) -> np.ndarray | None:
        """The client's answer to the state just sent; none where it is lost."""
        motion, session = self.robot.motion, self._session
        silent = self.freeze in (Freeze.SILENT, Freeze.REPEATED)
        patience = self.patience if motion is not None and motion.commanded else FIRST
        end = time.monotonic() + (LATE if silent or self._mute else patience)
        while session is not None and not session.gone and self.robot.motion is motion and not self._closing.is_set():
            if (datagram := session.receive()) is not None:
                command = np.frombuffer(datagram, COMMAND)[0]
                if command["message_id"] == self._message_id:
                    self._mute = False
                    return self._unless_dropped(command)
                continue
            left = end - time.monotonic()
            if left <= 0.0:
                break
            session.wait(min(left, 0.05))
            self._serve()
        self._mute = motion is not None and motion.commanded and not silent
        return None

    def _unless_dropped(self, command: np.ndarray) -> np.ndarray | None:
        if not self.drop or not self.robot.locked:
            return command
        self.drop -= 1
        return None

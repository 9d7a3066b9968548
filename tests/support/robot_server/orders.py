"""Requests of the client and their answers, with what can be wrong about them."""

import numpy as np
from franky_sim.urdf import FR3_URDF

from support.robot_server.pacing import Script
from support.robot_server.robot import Robot
from support.robot_server.sessions import Session
from support.robot_server.wire import (
    CONNECT_PAYLOAD,
    MOVE_PAYLOAD,
    ROBOT_VERSION,
    VERSION_PAYLOAD,
    Generator,
    MoveStatus,
    Order,
    Request,
    RobotMode,
)

GENERATORS = {0: Generator.JOINT_POSITION, 2: Generator.CARTESIAN_POSE}
EMERGENCY = 5
"""Answer to a recovery while the user stop is pressed."""


class Orders:
    """Takes requests for a robot.

    Attributes:
        script: what shall happen to the robot and when.
        version: protocol that the robot speaks.
        recovery_status: answer to a recovery; 0: it recovers, 3: only by hand.
        recovery_ticks: how long a recovery takes.
    """

    def __init__(self, robot: Robot) -> None:
        self._robot = robot
        self.script = Script()
        self.version = ROBOT_VERSION
        self.recovery_status = 0
        self.recovery_ticks = 0

    def take(self, session: Session, request: Request) -> None:
        """Do what is asked, and answer, some requests later than now."""
        match request.order:
            case Order.CONNECT:
                self._connect(session, request)
            case Order.MOVE:
                self._move(request)
            case Order.RECOVER:
                due = self._robot.tick + self.recovery_ticks
                self.script.when(lambda: self._robot.tick >= due, lambda: self._recover(session, request))
            case Order.GET_MODEL:
                session.answer(request.order, request.number, 0, FR3_URDF.encode())
            case _:
                self._set(request)
                session.answer(request.order, request.number, 0)

    def tell_endings(self, session: Session) -> None:
        """What became of the client's motions."""
        for ending in self._robot.endings:
            session.answer(Order.MOVE, ending.number, ending.status)
        self._robot.endings.clear()

    def _connect(self, session: Session, request: Request) -> None:
        version, port = CONNECT_PAYLOAD.unpack_from(request.payload)
        session.answer(request.order, request.number, int(version != self.version), VERSION_PAYLOAD.pack(self.version))
        if version == self.version:
            session.open_udp(port)

    def _move(self, request: Request) -> None:
        controller, generator, *_ = MOVE_PAYLOAD.unpack(request.payload)
        robot = self._robot
        self.script.when(
            lambda: not robot.braking,
            lambda: robot.begin(request.number, GENERATORS[generator], controller),
        )

    def _set(self, request: Request) -> None:
        if request.order == Order.STOP_MOVE:
            self._robot.end(MoveStatus.PREEMPTED, RobotMode.IDLE)
        elif request.order == Order.SET_NE_TO_EE:
            self._robot.arm.ne_to_ee = np.frombuffer(request.payload).reshape(4, 4).T.copy()
            self._robot.arm.rest()

    def _recover(self, session: Session, request: Request) -> None:
        pressed = self._robot.mode is RobotMode.USER_STOPPED
        status = EMERGENCY if pressed else self.recovery_status
        if not status:
            self._robot.recover()
        session.answer(request.order, request.number, status)

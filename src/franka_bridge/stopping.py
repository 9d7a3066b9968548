"""Stops and faults: how they reach the mode, the chunk under way and every arm."""

from collections import deque

from franka_bridge.arm_group import ArmGroup
from franka_bridge.errors import DriverLostError
from franka_bridge.following import Following
from franka_bridge.stall import Stall
from franka_bridge.state_machine import Event, Mode, StateMachine

USER_STOP = "user stop"
"""In what libfranka and the driver say of the robot's own button, which a person has pressed."""


class Stopping:
    """`stop` and `hold` from any thread, waiting for nothing; the rest under the bridge's lock."""

    def __init__(self, group: ArmGroup, machine: StateMachine, following: Following, stall: float) -> None:
        """`stall`: seconds that a robot's clock may stand still."""
        self.reading = False
        """Whether the arms are read; not before they are connected, nor while one is lost or recovers."""
        self.held = False
        """Whether the stop topic says stop."""
        self.resumes = False
        """Whether `recover` leads back to following chunks: they were followed, and no person stopped that."""
        self._group = group
        self._machine = machine
        self._following = following
        # Not yet taken up: why, and whether a person wanted it. Its operations are atomic, so stop needs no lock.
        self._reasons: deque[tuple[str, bool]] = deque()
        self._stalls = {name: Stall(stall) for name in group.arms}

    @property
    def reason(self) -> str:
        """Of stops that the mode does not show yet; empty: there is none."""
        return "; ".join(reason for reason, _ in tuple(self._reasons))

    def stop(self, reason: str, *, person: bool = True) -> None:
        """Bring every arm to rest; the mode follows at the next call under the lock."""
        self._reasons.append((reason, person))
        self._reasons.extend((error, person) for error in self._group.stop())

    def hold(self, held: bool) -> None:
        """The latched topic: true stops."""
        self.held = held
        if held:
            self.stop("the stop topic says so")

    def take(self, now_ns: int) -> None:
        """Let a stop that was called from another thread reach the mode, the chunk and the grippers."""
        taken = []
        while self._reasons:
            taken.append(self._reasons.popleft())
        person = any(wanted for _, wanted in taken)
        if taken and self._machine.mode is not Mode.STOPPED:
            self._leave(now_ns, Event.STOP, "; ".join(reason for reason, _ in taken), person=person)
        self.resumes = self.resumes and not person

    def stop_now(self, now_ns: int, reason: str) -> None:
        """Stop because something is wrong, and be stopped on return."""
        self.stop(reason, person=USER_STOP in reason.lower())
        self.take(now_ns)

    def read(self, now_ns: int) -> bool:
        """Read every arm; false where one is lost or has just stopped by itself, which stops them all."""
        if not self.reading:
            return False
        try:
            fault = self._group.read()
        except DriverLostError as error:
            self.lose(now_ns, str(error))
            return False
        fault = fault or self._stalled(now_ns)
        if fault and self._machine.mode is not Mode.STOPPED:
            self.stop_now(now_ns, fault)
            return False
        return True

    def _stalled(self, now_ns: int) -> str:
        times = {name: arm.state.robot_time_ms for name, arm in self._group.arms.items() if arm.state is not None}
        looks = {name: self._stalls[name].look(ms, now_ns) for name, ms in times.items()}
        return "; ".join(f"{name}: {why}" for name, why in looks.items() if why)

    def lose(self, now_ns: int, reason: str) -> None:
        """One arm is gone: the others stop, and nothing is read until recover."""
        self.reading = False
        self._leave(now_ns, Event.LOST, "; ".join([reason, *self._group.stop()]))

    def _leave(self, now_ns: int, event: Event, reason: str, *, person: bool = False) -> None:
        followed = self._machine.mode in (Mode.RUNNING, Mode.HOLDING)
        still_down = self._machine.mode in (Mode.STOPPED, Mode.DISCONNECTED)
        self.resumes = not person and (followed or (still_down and self.resumes))
        self._following.follower.discard(now_ns, f"{event}: {reason}")
        self._machine.apply(event, reason)
        self._group.rest()
        self._group.forget_openings()

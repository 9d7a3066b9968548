"""Stops and faults: how they reach the mode, the chunk under way and every arm."""

from collections import deque

from franka_bridge.arm_group import ArmGroup
from franka_bridge.errors import DriverLostError
from franka_bridge.following import Following
from franka_bridge.state_machine import Event, Mode, StateMachine


class Stopping:
    """`stop` and `hold` from any thread, waiting for nothing; the rest under the bridge's lock."""

    def __init__(self, group: ArmGroup, machine: StateMachine, following: Following) -> None:
        self.reading = False
        """Whether the arms are read; not before they are connected, nor while one is lost or recovers."""
        self.held = False
        """Whether the stop topic says stop."""
        self._group = group
        self._machine = machine
        self._following = following
        self._reasons: deque[str] = deque()  # not yet taken up; its operations are atomic, so stop needs no lock

    @property
    def reason(self) -> str:
        """Of stops that the mode does not show yet; empty: there is none."""
        return "; ".join(self._reasons)

    def stop(self, reason: str) -> None:
        """Bring every arm to rest; the mode follows at the next call under the lock."""
        self._reasons.append(reason)
        self._reasons.extend(self._group.stop())

    def hold(self, held: bool) -> None:
        """The latched topic: true stops."""
        self.held = held
        if held:
            self.stop("the stop topic says so")

    def take(self, now_ns: int) -> None:
        """Let a stop that was called from another thread reach the mode, the chunk and the grippers."""
        reasons = []
        while self._reasons:
            reasons.append(self._reasons.popleft())
        if reasons and self._machine.mode is not Mode.STOPPED:
            self._leave(now_ns, Event.STOP, "; ".join(reasons))

    def stop_now(self, now_ns: int, reason: str) -> None:
        """Stop, and be stopped on return."""
        self.stop(reason)
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
        if fault and self._machine.mode is not Mode.STOPPED:
            self.stop_now(now_ns, fault)
            return False
        return True

    def lose(self, now_ns: int, reason: str) -> None:
        """One arm is gone: the others stop, and nothing is read until recover."""
        self.reading = False
        self._leave(now_ns, Event.LOST, "; ".join([reason, *self._group.stop()]))

    def _leave(self, now_ns: int, event: Event, reason: str) -> None:
        self._following.follower.discard(now_ns, f"{event}: {reason}")
        self._machine.apply(event, reason)
        self._group.rest()
        self._group.forget_openings()

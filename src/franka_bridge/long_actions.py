"""What takes long and moves or resets the arms outside of the follower: recover, and the way home."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from franka_bridge.arm_group import ArmGroup
from franka_bridge.errors import RefusedError
from franka_bridge.following import Following
from franka_bridge.state_machine import Event, Mode, StateMachine
from franka_bridge.stopping import Stopping
from molmoact_common.errors import UserError


class LongActions:
    """Each holds the bridge's lock only at its begin and its end."""

    def __init__(
        self,
        lock: AbstractContextManager[object],
        group: ArmGroup,
        machine: StateMachine,
        following: Following,
        stopping: Stopping,
    ) -> None:
        self._lock = lock
        self._group = group
        self._machine = machine
        self._following = following
        self._stopping = stopping

    def recover(self, now_ns: int) -> str:
        """See `Bridge.recover`; it is itself a person's call, and the next chunk is of an observation made after it."""
        if self._stopping.held:
            raise RefusedError("the stop topic still says stop; publish false on it first")
        with self._away(Event.RECOVER, "recovering", now_ns):
            self._stopping.reading = False
            try:
                done = [f"{name}: {arm.recover()}" for name, arm in self._group.arms.items()]
            finally:
                self._stopping.reading = True
        return "; ".join(done) + self._resume(now_ns)

    def _resume(self, now_ns: int) -> str:
        with self._lock:
            self._stopping.take(now_ns)
            if not self._stopping.resumes or self._machine.mode is not Mode.IDLE or not self._stopping.read(now_ns):
                return ""
            self._machine.apply(Event.START)
            self._following.start(now_ns)
        return "; following chunks again"

    def home(self, now_ns: int) -> str:
        """See `Bridge.home`."""
        with self._away(Event.HOME, "going home", now_ns):
            self._group.home()
        return "at home" if self._group.moves else "dry run: nothing was moved"

    @contextmanager
    def _away(self, event: Event, reason: str, now_ns: int) -> Iterator[None]:
        with self._lock:
            self._stopping.take(now_ns)
            self._machine.apply(event, reason)
            self._following.follower.discard(now_ns, reason)
            self._group.rest()
        try:
            yield
        except UserError as error:
            with self._lock:
                self._stopping.take(now_ns)
                if self._machine.mode is Mode.RECOVERING:
                    self._machine.apply(Event.FAILED, str(error))
            raise
        with self._lock:
            self._stopping.take(now_ns)
            if self._machine.mode is not Mode.RECOVERING:
                raise RefusedError(f"{reason} was broken off: {self._machine.reason}")
            self._machine.apply(Event.DONE)
            self._following.follower.forget()

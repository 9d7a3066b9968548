"""Modes of the bridge and the one table of what leads from each to which."""

from enum import IntEnum, StrEnum

from franka_bridge.errors import RefusedError


class Mode(IntEnum):
    """As in ArmState.msg."""

    DISCONNECTED = 0
    IDLE = 1
    RUNNING = 2
    HOLDING = 3
    STOPPED = 4
    RECOVERING = 5


class Event(StrEnum):
    """What can happen to a bridge."""

    CONNECTED = "connected"
    LOST = "connection lost"
    START = "start"
    CHUNK = "chunk"
    RAN_OUT = "chunk ran out"
    STOP = "stop"
    RECOVER = "recover"
    HOME = "home"
    DONE = "done"
    FAILED = "failed"


_ALWAYS = {Event.STOP: Mode.STOPPED, Event.LOST: Mode.DISCONNECTED}

TABLE: dict[Mode, dict[Event, Mode]] = {
    Mode.DISCONNECTED: {**_ALWAYS, Event.CONNECTED: Mode.IDLE, Event.RECOVER: Mode.RECOVERING},
    Mode.IDLE: {**_ALWAYS, Event.START: Mode.HOLDING, Event.HOME: Mode.RECOVERING},
    Mode.HOLDING: {**_ALWAYS, Event.CHUNK: Mode.RUNNING, Event.HOME: Mode.RECOVERING},
    Mode.RUNNING: {
        **_ALWAYS,
        Event.CHUNK: Mode.RUNNING,
        Event.RAN_OUT: Mode.HOLDING,
        Event.HOME: Mode.RECOVERING,
    },
    # A lost connection does not lead out of a stop: only recover does, and it connects again where that is needed.
    Mode.STOPPED: {Event.STOP: Mode.STOPPED, Event.LOST: Mode.STOPPED, Event.RECOVER: Mode.RECOVERING},
    Mode.RECOVERING: {**_ALWAYS, Event.DONE: Mode.IDLE, Event.FAILED: Mode.STOPPED},
}

_ADVICE = {
    Mode.DISCONNECTED: "call recover, which connects again",
    Mode.IDLE: "call start first",
    Mode.RUNNING: "wait for the chunk to end, or call stop",
    Mode.HOLDING: "it already follows chunks",
    Mode.STOPPED: "call recover first",
    Mode.RECOVERING: "wait until it is done",
}


class StateMachine:
    """The mode, and why it is so."""

    def __init__(self) -> None:
        self.mode = Mode.DISCONNECTED
        self.reason = "not connected yet"

    def allows(self, event: Event) -> bool:
        """Whether the table has an entry for `event` in this mode."""
        return event in TABLE[self.mode]

    def apply(self, event: Event, reason: str = "") -> Mode:
        """Go where the table says.

        Raises:
            RefusedError: the table has no such entry; says what to call first.
        """
        if not self.allows(event):
            name = self.mode.name.lower()
            why = f" ({self.reason})" if self.reason else ""
            raise RefusedError(f"{event} is not possible while {name}{why}: {_ADVICE[self.mode]}")
        self.mode = TABLE[self.mode][event]
        self.reason = reason
        return self.mode

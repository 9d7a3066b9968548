"""Scripts: what is to be done with a running graph, step by step, as generators that never block."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol

from molmoact_common.errors import UserError
from trial_runner.graph_view import GraphView


@dataclass(frozen=True, slots=True)
class Call:
    """Call a service and wait for its answer.

    Attributes:
        service: name, e.g. "bridge/start".
        seconds: of wall time within which it must answer.
        fields: of the request.
    """

    service: str
    seconds: float
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Until:
    """Wait until `holds` of the view; after `seconds` of wall time without it, fail saying `what` did not happen."""

    what: str
    holds: Callable[[GraphView], bool]
    seconds: float


Step = Call | Until
Script = Generator[Step, Any, None]
"""Yields steps; is sent the response of a Call, or None after an Until."""


class ScriptError(UserError):
    """A step of a script did not come true in time, or a service refused."""

    exit_code = 1


class Client(Protocol):
    """What a script needs of the graph."""

    view: GraphView

    def begin_call(self, service: str, fields: dict[str, Any]) -> "PendingCall": ...  # noqa: D102

    def spin(self, seconds: float) -> None: ...  # noqa: D102


class PendingCall(Protocol):
    """A service call under way; `response` is None until it was answered."""

    @property
    def response(self) -> Any: ...  # noqa: D102


class ScriptRunner:
    """Drives one script against a client; `advance` is called over and over with the wall clock passed in."""

    def __init__(self, script: Script, client: Client) -> None:
        self._script = script
        self._client = client
        self._step: Step | None = None
        self._pending: PendingCall | None = None
        self._deadline = 0.0

    def advance(self, now: float) -> bool:
        """Go on as far as possible without waiting; False when the script has ended.

        Raises:
            ScriptError: a deadline passed, or a service said no.
        """
        if self._step is None:
            return self._next(None, now)
        if isinstance(self._step, Call):
            return self._check_call(self._step, now)
        if self._step.holds(self._client.view):
            return self._next(None, now)
        self._check_deadline(now, f"{self._step.what} did not happen within {self._step.seconds:g} s")
        return True

    def _check_call(self, call: Call, now: float) -> bool:
        response = self._pending.response if self._pending else None
        if response is not None:
            if not response.success:
                raise ScriptError(f"{call.service} refused: {response.message}")
            return self._next(response, now)
        self._check_deadline(now, f"{call.service} did not answer within {call.seconds:g} s")
        return True

    def _check_deadline(self, now: float, line: str) -> None:
        if now > self._deadline:
            raise ScriptError(line)

    def _next(self, value: Any, now: float) -> bool:
        try:
            self._step = self._script.send(value)
        except StopIteration:
            return False
        self._deadline = now + self._step.seconds
        if isinstance(self._step, Call):
            self._pending = self._client.begin_call(self._step.service, self._step.fields)
        return True

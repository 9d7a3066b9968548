"""franky's exceptions as the bridge's own, so that nothing above the drivers needs to know libfranka."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import franky

from franka_bridge.errors import DriverError, DriverLostError, PlannerError
from molmoact_common.errors import UnreachableError

_LOST = (franky.NetworkException, franky.ProtocolException)
_REFUSED = (
    franky.Exception,
    franky.InvalidMotionTypeException,
    franky.MotionReuseException,
    franky.ReactionRecursionException,
    franky.GripperException,
)

# franky 2.0.0 raises a bare RuntimeError for both; its text is the only mark.
_BARE_LOST = "Net Exception"
_BARE_PLANNER = "Motion planner failed"

ROBOT_PORT = 1337
GRIPPER_PORT = 1338
PROBE_SECONDS = 2.0
"""A robot in the same network answers within milliseconds."""

_ERROR_NAMES = tuple(name for name in dir(franky.Errors) if not name.startswith("_"))


def one_line(error: BaseException) -> str:
    """An exception's text without line breaks."""
    return " ".join(str(error).split())


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Around calls of franky: its exceptions come out as one of `franka_bridge.errors`; `what` begins the line."""
    try:
        yield
    except franky.RealtimeException as error:
        advice = "boot a PREEMPT_RT kernel and allow real-time priorities, or set realtime: ignore in the robot's file"
        raise DriverError(f"{what}: {one_line(error)}; {advice}") from error
    except _LOST as error:
        raise DriverLostError(f"{what}: {one_line(error)}; check the robot and call recover") from error
    except _REFUSED as error:
        raise DriverError(f"{what}: {one_line(error)}; see the robot's state and call recover") from error
    except RuntimeError as error:
        raise _bare_kind(str(error))(f"{what}: {one_line(error)}; check the robot and call recover") from error


def _bare_kind(text: str) -> type[DriverError]:
    if _BARE_LOST in text:
        return DriverLostError
    return PlannerError if _BARE_PLANNER in text else DriverError


def probe(host: str, port: int, what: str) -> None:
    """Knock at a TCP port; libfranka's own connect hangs for ever where something accepts but never answers.

    Raises:
        UnreachableError: nobody listens there.
    """
    try:
        socket.create_connection((host, port), timeout=PROBE_SECONDS).close()
    except OSError as error:
        raise UnreachableError(
            f"{what} at {host}:{port} is unreachable ({error}); check its address, power, cable and that FCI is active"
        ) from error


def active_errors(errors: franky.Errors) -> list[str]:
    """Names of the flags that are set."""
    return [name for name in _ERROR_NAMES if getattr(errors, name)]

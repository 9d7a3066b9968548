"""Pickles as LeRobot's server speaks them: objects of classes that are not here, and answers that may name only a few.

A pickle from the network may call anything that its reader lets it name. Here that is the one class of an action (a
stand-in without code), and torch's two functions that make a tensor of bytes, of which the second reads weights only.
"""

import io
import pickle
import pickletools
import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PROTOCOL = 3
"""The newest one without frames, so that pieces can be put together; it carries bytes as they are."""

MOST_NUMBERS = 1_000_000
"""Of one action; a view can claim to be larger than what was sent."""

HARMLESS = frozenset(
    {
        "PROTO", "FRAME", "STOP", "MARK", "NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2",
        "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE", "BINBYTES", "SHORT_BINBYTES", "EMPTY_TUPLE",
        "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_LIST", "LIST", "APPEND", "APPENDS", "EMPTY_DICT",
        "SETITEM", "SETITEMS", "BINPUT", "LONG_BINPUT", "MEMOIZE", "BINGET", "LONG_BINGET", "GLOBAL",
        "STACK_GLOBAL", "NEWOBJ", "REDUCE", "BUILD",
    }
)  # fmt: skip
"""What an answer is made of; other opcodes only serve to exhaust or confuse its reader."""

ERRORS = (
    pickle.UnpicklingError, struct.error, ArithmeticError, AssertionError, AttributeError, EOFError, ImportError,
    LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""What reading a broken pickle raises, torch's assertions among them."""


class PickleError(ValueError):
    """Bytes that are no answer of such a server."""


class TimedAction:
    """What the server's class of that name holds: timestep (int) and action (a tensor); nothing of it is checked."""

    timestep: object
    action: object


@dataclass(frozen=True, slots=True)
class Actions:
    """An answer: the step of the observation that it is for, and rows of float64, shape (steps, columns)."""

    timestep: int
    rows: NDArray[np.float64]


def dump(module: str, name: str, fields: Mapping[str, Any]) -> bytes:
    """A pickle of an instance of class `name` of `module`, which need not be installed here."""
    body = pickle.dumps(dict(fields), PROTOCOL)[2:-1]  # without its own head and end
    made = b"\x80\x03c" + f"{module}\n{name}\n".encode() + b")\x81"  # protocol, class, its arguments, instance
    return made + body + b"b."  # attributes, end


def load_actions(data: bytes) -> Actions:
    """The actions of an answer.

    Raises:
        PickleError: it names something that it may not, is broken, or holds no actions of one shape.
    """
    try:
        _refuse_strange(data)
        answer = _Reader(io.BytesIO(data)).load()
    except ERRORS as error:
        raise PickleError(f"cannot read the answer: {error or type(error).__name__}") from error
    if not isinstance(answer, list) or not answer or not all(isinstance(one, TimedAction) for one in answer):
        raise PickleError("the answer is no list of actions")
    rows = [_numbers(one) for one in answer]
    first = getattr(answer[0], "timestep", None)
    if len({row.shape for row in rows}) != 1 or not isinstance(first, int):
        raise PickleError("the actions of the answer are not of one shape, or not numbered")
    return Actions(first, np.array(rows))


def _refuse_strange(data: bytes) -> None:
    for opcode, argument, _ in pickletools.genops(data):
        far = opcode.name == "LONG_BINPUT" and isinstance(argument, int) and argument > len(data)
        if opcode.name not in HARMLESS or far:  # a far place in the memo would take as much memory
            raise pickle.UnpicklingError(f"it has {opcode.name} {argument or ''}".strip())


def _numbers(action: TimedAction) -> NDArray[np.float64]:
    import torch  # noqa: PLC0415  takes seconds

    tensor = getattr(action, "action", None)
    if not isinstance(tensor, torch.Tensor) or tensor.ndim != 1 or not 0 < tensor.numel() <= MOST_NUMBERS:
        raise PickleError("an action is no vector of numbers")
    try:
        return np.asarray(tensor.detach().to(torch.float64).numpy())
    except ERRORS as error:
        raise PickleError(f"an action cannot be read: {error}") from error


def _tensor(*parts: Any) -> Any:
    from torch._utils import _rebuild_tensor_v2  # noqa: PLC0415

    return _rebuild_tensor_v2(*parts)


def _storage(data: bytes) -> Any:
    import torch  # noqa: PLC0415

    return torch.load(io.BytesIO(data), weights_only=True)


_ALLOWED: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("lerobot.async_inference.helpers", "TimedAction"): TimedAction,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch.storage", "_load_from_bytes"): _storage,
    ("collections", "OrderedDict"): OrderedDict,
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which an answer has no business with")
        return _ALLOWED[module, name]

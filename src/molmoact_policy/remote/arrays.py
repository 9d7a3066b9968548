"""msgpack with numpy arrays in the form of openpi's servers: an array is a mapping of its type, shape and bytes."""

from math import prod
from typing import Any

import msgpack
import numpy as np

KINDS = "biuf"
"""Kinds of numpy types that cross the network: truth, whole numbers, floating point."""

MOST_DIMENSIONS = 8


class ArraysError(ValueError):
    """Bytes that are no such message."""


def packed(message: dict[str, Any]) -> bytes:
    """The message as bytes; arrays may stand anywhere in it."""
    return bytes(msgpack.packb(message, default=_from_array))


def unpacked(data: bytes) -> Any:
    """The message that the bytes hold.

    Raises:
        ArraysError: it is cut short, has something behind it, or an array's type, shape and bytes do not fit together.
    """
    try:
        return msgpack.unpackb(data, object_hook=_to_array)
    except (ValueError, TypeError, OverflowError, RecursionError, msgpack.UnpackException) as error:
        raise ArraysError(f"no msgpack message with arrays: {error or type(error).__name__}") from error


def _from_array(value: object) -> dict[bytes, Any]:
    if not isinstance(value, (np.ndarray, np.generic)) or value.dtype.kind not in KINDS:
        raise TypeError(f"cannot send {type(value).__name__}")
    head = b"__ndarray__" if isinstance(value, np.ndarray) else b"__npgeneric__"
    form: dict[bytes, Any] = {head: True, b"dtype": value.dtype.str}
    if isinstance(value, np.ndarray):
        return {**form, b"data": value.tobytes(), b"shape": value.shape}
    return {**form, b"data": value.item()}


def _to_array(value: dict[Any, Any]) -> Any:
    if b"__ndarray__" in value:
        kind, shape = _dtype(value), tuple(value.get(b"shape", ()))
        data = value.get(b"data")
        if len(shape) > MOST_DIMENSIONS or any(not isinstance(n, int) or n < 0 for n in shape):
            raise ArraysError(f"an array of shape {shape}")
        if not isinstance(data, bytes) or len(data) != prod(shape) * kind.itemsize:
            raise ArraysError(f"an array of shape {shape} and type {kind} whose bytes are of another length")
        return np.frombuffer(data, dtype=kind).reshape(shape)
    if b"__npgeneric__" in value:
        return _dtype(value).type(value.get(b"data", 0))
    return value


def _dtype(value: dict[Any, Any]) -> np.dtype[Any]:
    name = value.get(b"dtype")
    kind = np.dtype(name) if isinstance(name, str) and len(name) <= MOST_DIMENSIONS else None
    if kind is None or kind.kind not in KINDS or kind.itemsize == 0:
        raise ArraysError(f"an array of type {name!r}")
    return kind

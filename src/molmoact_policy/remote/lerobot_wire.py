"""The messages and calls of LeRobot's inference service, described here so that neither it nor a compiler is needed."""

from collections.abc import Iterator
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "transport"
SERVICE = f"/{PACKAGE}.AsyncInference"
PIECE = 2 * 2**20
"""Bytes of an observation in one message."""

BEGIN, MIDDLE, END = 1, 2, 3
"""Transfer states of a piece."""

_INT32, _BYTES = descriptor_pb2.FieldDescriptorProto.TYPE_INT32, descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
_MESSAGES = {
    "Empty": [],
    "Observation": [("transfer_state", 1, _INT32), ("data", 2, _BYTES)],  # the state is an enumeration: same bytes
    "PolicySetup": [("data", 1, _BYTES)],
    "Actions": [("data", 1, _BYTES)],
}


def _described() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="molmoact_lerobot.proto", package=PACKAGE, syntax="proto3")
    for name, members in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for member, number, kind in members:
            message.field.add(name=member, number=number, type=kind, label=1)
    pool = descriptor_pool.DescriptorPool()  # its own: an installed lerobot describes the same names
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{name}")) for name in _MESSAGES
    }


_CLASSES = _described()
Empty, Observation, PolicySetup, Actions = (_CLASSES[name] for name in _MESSAGES)


class Calls:
    """The calls of a server on a channel; each is a grpc callable."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.ready = _unary(channel, "Ready", Empty)
        self.set_up = _unary(channel, "SendPolicyInstructions", Empty)
        self.get_actions = _unary(channel, "GetActions", Actions)
        self.observe = channel.stream_unary(
            f"{SERVICE}/SendObservations", request_serializer=_bytes, response_deserializer=Empty.FromString
        )


def pieces(data: bytes) -> Iterator[Any]:
    """An observation cut into messages; one that fits into a single message is its own end."""
    starts = range(0, len(data), PIECE)
    for start in starts:
        state = END if start == starts[-1] else BEGIN if start == 0 else MIDDLE
        yield Observation(transfer_state=state, data=data[start : start + PIECE])


def _unary(channel: grpc.Channel, name: str, answer: Any) -> Any:
    return channel.unary_unary(f"{SERVICE}/{name}", request_serializer=_bytes, response_deserializer=answer.FromString)


def _bytes(message: Any) -> bytes:
    return bytes(message.SerializeToString())

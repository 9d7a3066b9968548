"""A small server of LeRobot's inference service: reads what it is sent by name, and answers as a behaviour says."""

import io
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import torch

from molmoact_policy.remote import lerobot_wire as wire
from molmoact_policy.remote.pickles import PROTOCOL, dump

Behaviour = Callable[[dict[str, Any]], bytes]
"""Attributes of the newest observation -> bytes of the answer."""


class _Named:
    """Any object of LeRobot's, as its class's name and its attributes."""


class _Unpickler(pickle.Unpickler):
    """Stands where LeRobot's own classes would be; the client under test is trusted as the real server trusts it."""

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("lerobot."):
            return type(name, (_Named,), {"module": module})
        return super().find_class(module, name)


@dataclass
class LerobotServer:
    """Attributes tell what the server has seen; set `behaviour` to change what it does next."""

    behaviour: Behaviour
    address: str = ""
    set_up: list[_Named] = field(default_factory=list)
    observations: list[_Named] = field(default_factory=list)
    states: list[list[int]] = field(default_factory=list)

    def ready(self, request: Any, context: Any) -> Any:
        return wire.Empty()

    def take_set_up(self, request: Any, context: Any) -> Any:
        self.set_up.append(_read(request.data))
        return wire.Empty()

    def take_observation(self, requests: Iterator[Any], context: Any) -> Any:
        pieces = list(requests)
        self.states.append([piece.transfer_state for piece in pieces])
        self.observations.append(_read(b"".join(piece.data for piece in pieces)))
        return wire.Empty()

    def give_actions(self, request: Any, context: Any) -> Any:
        return wire.Actions(data=self.behaviour(vars(self.observations[-1])))


def _read(data: bytes) -> _Named:
    return _Unpickler(io.BytesIO(data)).load()


def timed_actions(rows: torch.Tensor, first: int) -> bytes:
    """An answer as LeRobot's server makes it: a list of its TimedAction, each with a row of one tensor."""
    fields = [{"timestamp": 0.0, "timestep": first + number, "action": row} for number, row in enumerate(rows)]
    named = [dump("lerobot.async_inference.helpers", "TimedAction", one) for one in fields]
    return b"\x80" + bytes([PROTOCOL]) + b"(" + b"".join(one[2:-1] for one in named) + b"l."


@contextmanager
def lerobot_server(behaviour: Behaviour) -> Iterator[LerobotServer]:
    """A server on a free port of this machine."""
    server = LerobotServer(behaviour)
    listening = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    listening.add_generic_rpc_handlers((_handlers(server),))
    server.address = f"127.0.0.1:{listening.add_insecure_port('127.0.0.1:0')}"
    listening.start()
    yield server
    stopped: threading.Event = listening.stop(grace=0)
    stopped.wait(5)


def _handlers(server: LerobotServer) -> grpc.GenericRpcHandler:
    def unary(behaviour: Any, request: Any) -> Any:
        return grpc.unary_unary_rpc_method_handler(behaviour, request.FromString, lambda m: m.SerializeToString())

    calls = {
        "Ready": unary(server.ready, wire.Empty),
        "SendPolicyInstructions": unary(server.take_set_up, wire.PolicySetup),
        "GetActions": unary(server.give_actions, wire.Empty),
        "SendObservations": grpc.stream_unary_rpc_method_handler(
            server.take_observation, wire.Observation.FromString, lambda m: m.SerializeToString()
        ),
    }
    return grpc.method_handlers_generic_handler("transport.AsyncInference", calls)

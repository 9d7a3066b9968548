"""Policies behind LeRobot's inference server: it loads what it is told to, and answers each observation with actions.

Its protocol is pickles over gRPC without login or encryption. What it sends is read with a reader that knows four
names; what it is sent it trusts itself, so it belongs on this machine or on a network of its own.
"""

from collections.abc import Generator, Mapping
from typing import Any, Literal

import grpc
from pydantic import Field, model_validator

from molmoact.profile import CheckpointProfile
from molmoact.runtime.backend import BackendSettings
from molmoact_common.errors import ConfigError
from molmoact_common.yaml_config import validate
from molmoact_policy.remote.backend import POLL, LinkError, RemoteBackend, profile_of
from molmoact_policy.remote.lerobot_features import IMAGES, STATE, TASK, raw_observation, told_features
from molmoact_policy.remote.lerobot_wire import Calls, Empty, PolicySetup, pieces
from molmoact_policy.remote.pickles import PickleError, dump, load_actions
from molmoact_policy.remote.requests import Features
from molmoact_policy.remote.settings import RemoteOptions

MODULE = "lerobot.async_inference.helpers"
"""Where the server's classes are; of releases from 0.4."""

MOST_BYTES = 16 * 2**20


class LerobotOptions(RemoteOptions):
    """`options` of a policy file.

    Attributes:
        address: host:port of the server.
        policy_type: as LeRobot names it.
        pretrained: folder or name of the policy, as seen from the server; the checkpoint of the command line wins.
        device: where the server runs it.
        actions_per_chunk: rows that it is asked for; the profile says how many are used.
        load_seconds: within which it must have loaded the policy.
    """

    address: str = Field(default="127.0.0.1:8080", pattern=r"^\S+:\d+$")
    policy_type: Literal["act", "smolvla", "diffusion", "tdmpc", "vqbet", "pi0", "pi05", "groot"]
    pretrained: str = ""
    device: str = "cuda"
    actions_per_chunk: int = Field(default=50, ge=1, le=1000)
    load_seconds: float = Field(default=300.0, gt=0, le=3600)

    @model_validator(mode="after")
    def _keys_are_features(self) -> "LerobotOptions":
        for view in self.observation.views.values():
            if not str(view.key).startswith(IMAGES) or (view.layout, view.dtype) != ("hwc", "uint8"):
                raise ValueError(f"the key of a view is {IMAGES}NAME, and it is sent as hwc and uint8")
        if [state.key for state in self.observation.states] != [STATE] or self.observation.prompt != TASK:
            raise ValueError(f"there is one state, with key {STATE}, and the prompt's key is {TASK}")
        return self


def check(settings: BackendSettings) -> None:
    """Everything that can be told to be wrong without the server (see PolicyConfig.backend).

    Raises:
        ConfigError: options or profile.
    """
    _read(settings)


def load(settings: BackendSettings) -> RemoteBackend:
    """Factory of this backend (see PolicyConfig.backend); errors as of `check`. It connects when it is warmed up."""
    options, profile = _read(settings)
    return RemoteBackend(LerobotLink(options, told_features(options.observation, profile)), profile, options)


def _read(settings: BackendSettings) -> tuple[LerobotOptions, CheckpointProfile]:
    given = dict(settings.options)
    if settings.checkpoint:
        given["pretrained"] = settings.checkpoint
    options = validate(given, LerobotOptions, "the policy's options")
    if not options.pretrained:
        raise ConfigError("no policy is named that the server shall load; set checkpoint to its folder or name there")
    return options, profile_of(settings, options)


class LerobotLink:
    """A `Link` of one channel. The server keeps one observation, the newest, and computes when it is asked."""

    def __init__(self, options: LerobotOptions, told: Mapping[str, Any]) -> None:
        """`told`: the features of every observation."""
        self._options = options
        self._told = told
        self._channel: grpc.Channel | None = None
        self._calls: Calls | None = None

    @property
    def name(self) -> str:
        """For records."""
        return f"lerobot {self._options.policy_type} {self._options.pretrained} at {self._options.address}"

    def open(self) -> None:
        """Connect, and have the policy loaded."""
        self._opened()

    def ask(self, sequence: int, request: Features) -> Generator[object | None]:
        """See `Link`; an answer to another observation than `sequence` is refused.

        A server that failed may have lost its policy (it was started anew, say), so it is set up again the next time.
        One that is merely late is not: loading takes minutes.
        """
        calls, timed = self._opened(), {"timestamp": sequence / 1e3, "timestep": sequence, "must_go": True}
        data = dump(MODULE, "TimedObservation", {**timed, "observation": raw_observation(request)})
        answering = None
        try:
            calls.observe(pieces(data), timeout=self._options.connect_seconds)
            answering = calls.get_actions.future(Empty())
            while not _is_there(answering):
                yield None
            answer = bytes(answering.result().data)
        except grpc.RpcError as error:
            self.close()
            raise LinkError(f"the call failed: {_reason(error)}") from error
        finally:
            if answering is not None:
                answering.cancel()  # without effect on one that is done
        if not answer:
            self.close()
            raise LinkError("the server gave no actions; its own log says why")
        yield _rows(answer, sequence)

    def close(self) -> None:
        """Disconnect; a call under way is cancelled."""
        if self._channel is not None:
            self._channel.close()
            self._channel = self._calls = None

    def _opened(self) -> Calls:
        if self._calls is None:
            limits = [(f"grpc.max_{way}_message_length", MOST_BYTES) for way in ("send", "receive")]
            self._channel = grpc.insecure_channel(self._options.address, [*limits, ("grpc.enable_http_proxy", 0)])
            calls = Calls(self._channel)
            try:
                calls.ready(Empty(), timeout=self._options.connect_seconds)
                calls.set_up(PolicySetup(data=self._setup()), timeout=self._options.load_seconds)
            except grpc.RpcError as error:
                self.close()
                raise LinkError(f"cannot set the server up: {_reason(error)}") from error
            self._calls = calls
        return self._calls

    def _setup(self) -> bytes:
        fields = {
            "policy_type": self._options.policy_type,
            "pretrained_name_or_path": self._options.pretrained,
            "lerobot_features": dict(self._told),
            "actions_per_chunk": self._options.actions_per_chunk,
            "device": self._options.device,
            "rename_map": {},
        }
        return dump(MODULE, "RemotePolicyConfig", fields)


def _is_there(answering: Any) -> bool:
    try:
        answering.result(timeout=POLL)
    except grpc.FutureTimeoutError:
        return False
    return True


def _rows(data: bytes, sequence: int) -> object:
    try:
        actions = load_actions(data)
    except PickleError as error:
        raise LinkError(str(error)) from error
    if actions.timestep != sequence:
        raise LinkError(f"the server answered observation {actions.timestep}, asked was {sequence}")
    return actions.rows


def _reason(error: Any) -> str:
    return f"{error.code().name}, {' '.join(str(error.details()).split())[:200]}"

"""A server's policy as a backend: asked with a deadline, cancellable while it thinks, refused where it errs."""

from collections.abc import Generator, Iterator
from contextlib import closing
from math import ceil
from pathlib import Path
from typing import Protocol

from molmoact.profile import CheckpointProfile, load_profile
from molmoact.runtime.backend import Action, BackendSettings, Pass, Preprocessed, Refused, Stage
from molmoact.runtime.observation import Observation
from molmoact_common.errors import ConfigError, UnreachableError
from molmoact_policy.remote.actions import BadAnswerError, deltas
from molmoact_policy.remote.requests import Features, UnmappableError, blank, digest, features
from molmoact_policy.remote.settings import RemoteOptions, check_profile

POLL = 0.1
"""Seconds between looks for an answer, each a moment at which waiting can be cancelled."""


class LinkError(Exception):
    """The server did not answer, or not in its protocol; one line that says how."""


class Link(Protocol):
    """A connection to a server."""

    @property
    def name(self) -> str:
        """What and where, for records."""

    def open(self) -> None:
        """Connect, if that is not so already.

        Raises:
            LinkError: nobody answers in time, or not in the protocol.
        """

    def ask(self, sequence: int, request: Features) -> Generator[object | None]:
        """Send a request; None every `POLL` seconds while there is no answer, then the answer's actions, once.

        Closing the generator before that gives the answer up: what still comes must never be taken for the next one.

        Raises:
            LinkError: as `open`, or the server says that it failed.
        """

    def close(self) -> None:
        """Disconnect; `open` and `ask` connect again."""


class RemoteBackend:
    """A `Backend` (see molmoact.runtime.backend) behind a link."""

    def __init__(self, link: Link, profile: CheckpointProfile, options: RemoteOptions) -> None:
        """Nothing is sent yet; `profile` has been checked."""
        self._link = link
        self._profile = profile
        self._options = options

    @property
    def name(self) -> str:
        """For records."""
        return self._link.name

    @property
    def profile(self) -> CheckpointProfile:
        """Units, rate, frame and views."""
        return self._profile

    def warm_up(self) -> None:
        """Connect, and let the server answer a blank observation, so that the first real one is as fast as the next.

        Raises:
            UnreachableError: it does not connect or answer in time.
            ConfigError: it answers in another form than the mapping says.
        """
        try:
            self._link.open()
            if self._options.warm_up_seconds:
                self._answer(blank(self._profile, self._options.observation), self._options.warm_up_seconds)
        except LinkError as error:
            raise UnreachableError(f"{self.name}: {error}; is the server up, and is its address right?") from error
        except BadAnswerError as error:
            raise ConfigError(f"{self.name}: {error}; correct the policy file's action mapping or profile") from error

    def reason(self, observation: Observation) -> Iterator[Stage]:
        """Ask the server; refused where it fails, is late, or answers in another form."""
        try:
            request = features(observation, self._options.observation, self._profile)
            yield Preprocessed(digest(request))
            with closing(self._wait(observation.sequence, request, self._options.answer_seconds)) as waiting:
                for answer in waiting:
                    if answer is None:
                        yield Pass(0)
                    else:
                        yield Action(deltas(answer, observation, self._options.action, self._profile))
        except (LinkError, BadAnswerError, UnmappableError) as error:
            yield Refused(f"{self.name}: {error}")

    def close(self) -> None:
        """Disconnect."""
        self._link.close()

    def _answer(self, observation: Observation, seconds: float) -> None:
        request = features(observation, self._options.observation, self._profile)
        for answer in self._wait(observation.sequence, request, seconds):
            if answer is not None:
                deltas(answer, observation, self._options.action, self._profile)

    def _wait(self, sequence: int, request: Features, seconds: float) -> Generator[object | None]:
        """The link's own looks, at most as many as fit into `seconds`."""
        looks = ceil(seconds / POLL)
        with closing(self._link.ask(sequence, request)) as asking:
            for answer in asking:
                yield answer
                looks -= 1
                if answer is None and looks <= 0:
                    raise LinkError(f"no answer within {seconds:g} s")


def profile_of(settings: BackendSettings, options: RemoteOptions) -> CheckpointProfile:
    """The profile that the policy file names, checked against its options.

    Raises:
        ConfigError: none is named, it cannot be read, or it does not fit.
    """
    if not settings.profile:
        raise ConfigError("a remote policy has no checkpoint to lie beside; name its profile in the policy file")
    profile = load_profile(Path(settings.profile))
    check_profile(profile, options)
    return profile

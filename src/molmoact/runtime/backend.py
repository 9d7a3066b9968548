"""The seam behind which a policy lives: a checkpoint, a scripted expert, and later others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from molmoact.profile import CheckpointProfile
from molmoact.runtime.observation import Observation, TracePoints


@dataclass(frozen=True, slots=True)
class Preprocessed:
    """Crops and token ids are ready; the language model starts.

    `digest` is the sha256 over the arrays that the model gets (empty for a backend without a model): recorded with
    the answer, it lets a replay prove that it computes on the very same input.
    """

    digest: str = ""


@dataclass(frozen=True, slots=True)
class Prefilled:
    """The first pass of the language model, over images and prompt, is done."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One more pass of the language model is done: a moment at which an answer can be cancelled.

    `tokens` counts what the pass made certain.
    """

    tokens: int


@dataclass(frozen=True, slots=True)
class Depth:
    """Depth codes are there: `codes`, 100 values 0..127, row-major 10 x 10."""

    codes: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class TraceFound:
    """Traces are there: arm name -> points, 0..255 of the image that the model sees."""

    traces: Mapping[str, TracePoints]
    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """The answer is complete and valid.

    Attributes:
        deltas: float64, shape (steps, 7 * arms), metres, radians, gripper opening 0..1 (see `molmoact_common.chunks`).
        text: the whole answer.
        forward_passes: of the language model, prefill included; 0 for a backend without one.
    """

    deltas: NDArray[np.float64]
    text: str = ""
    forward_passes: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """The answer broke a rule; `why` says in one line which and where. No Action follows."""

    why: str
    text: str = ""
    forward_passes: int = 0


Stage = Preprocessed | Prefilled | Pass | Depth | TraceFound | Action | Refused


class Backend(Protocol):
    """A policy: one observation in, stages out, ending in exactly one Action or Refused.

    A backend never reads a clock: whoever iterates stamps each stage as it comes.
    """

    @property
    def name(self) -> str:
        """Which checkpoint or script this is, for records."""

    @property
    def profile(self) -> CheckpointProfile:
        """Units, rate, frame and views of what it gives."""

    def warm_up(self) -> None:
        """Do everything that would make the first answer slower than the next."""

    def reason(self, observation: Observation) -> Iterator[Stage]:
        """Answer one observation, stage by stage. Closing the iterator cancels the answer."""

    def close(self) -> None:
        """Give back what was taken (devices, shared memory)."""


@dataclass(frozen=True, slots=True)
class BackendSettings:
    """What a backend's factory gets.

    Attributes:
        checkpoint: folder of the checkpoint, where the backend has one.
        profile: the profile's file; empty: the one beside the checkpoint.
        device: "auto", "cpu" or "cuda".
        options: anything else from the policy's YAML, unchecked; each factory validates its own.
    """

    checkpoint: str = ""
    profile: str = ""
    device: str = "auto"
    options: Mapping[str, object] = field(default_factory=dict)

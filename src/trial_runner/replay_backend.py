"""A recorded run as a policy: it answers with the rows that the arms were led through then, whatever it is shown now.

In an experiment it tells how far a motion gets that does not look. One run of the policy node replays one recording.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from demo_recorder.reading import BagError, BagReader
from molmoact.profile import CheckpointProfile
from molmoact.runtime.backend import Action, BackendSettings, Preprocessed, Refused, Stage, TraceFound
from molmoact.runtime.observation import Observation, TracePoints
from molmoact_common.chunks import Chunk
from molmoact_common.errors import ConfigError
from molmoact_common.yaml_config import Settings, validate
from trial_runner.run_data import ChunkStory, RunData, load_run
from trial_runner.seen_images import view_topics


class ReplayOptions(Settings):
    """`options` of a policy file: there are none. The checkpoint is the bag's folder."""


@dataclass(frozen=True, slots=True)
class Led:
    """Rows of one chunk that were commanded (metres, radians, opening), and the trace that was told with them."""

    rows: NDArray[np.float64]
    traces: dict[str, TracePoints]


def check(settings: BackendSettings) -> None:
    """What can be told to be wrong at once (see PolicyConfig.backend).

    Raises:
        UserError: no bag is named, or there is none that was closed.
    """
    with BagReader(_bag(settings)):
        pass


def load(settings: BackendSettings) -> "ReplayBackend":
    """Factory of this backend (see PolicyConfig.backend).

    Raises:
        UserError: as `check`, or nothing was commanded in the recording, or its chunks have several conventions.
    """
    bag = _bag(settings)
    run = load_run(bag)
    chunks = [story.chunk for story in run.stories if story.chunk is not None and _span(story)[1]]
    if not chunks:
        raise BagError(f"{bag} holds no chunk of which anything was commanded; name another recording")
    if len({(c.arms, c.step_period, c.frame, c.rotation) for c in chunks}) > 1:
        raise BagError(f"{bag} holds chunks of several conventions; replay a recording of one policy")
    return ReplayBackend(bag, _profile(bag, run, chunks), led(run.stories))


def led(stories: Sequence[ChunkStory]) -> list[Led]:
    """What was commanded of each chunk, in order; chunks of which nothing was are left out."""
    return [
        Led(story.chunk.deltas[first : first + count], dict(story.reasoning.traces) if story.reasoning else {})
        for story in stories
        if story.chunk is not None
        for first, count in [_span(story)]
        if count
    ]


class ReplayBackend:
    """A `Backend` (see molmoact.runtime.backend) of recorded rows."""

    def __init__(self, bag: Path, profile: CheckpointProfile, recorded: Sequence[Led]) -> None:
        self._bag = bag
        self._profile = profile
        self._recorded = recorded
        self._given = 0

    @property
    def name(self) -> str:
        """For records."""
        return f"replay of {self._bag}"

    @property
    def profile(self) -> CheckpointProfile:
        """Conventions of the recorded chunks."""
        return self._profile

    def warm_up(self) -> None:
        """Nothing to do: everything was read."""

    def close(self) -> None:
        """Nothing to give back."""

    def reason(self, observation: Observation) -> Iterator[Stage]:
        """The next recorded rows; refused once there are none."""
        yield Preprocessed()
        if self._given == len(self._recorded):
            yield Refused(f"the recording has ended: all of its {len(self._recorded)} chunks were replayed")
            return
        following = self._recorded[self._given]
        self._given += 1
        if following.traces:
            yield TraceFound(following.traces, "")
        yield Action(following.rows)


def _bag(settings: BackendSettings) -> Path:
    validate(dict(settings.options), ReplayOptions, "the policy's options")
    if not settings.checkpoint:
        raise ConfigError("the replay names no recording; set checkpoint to a bag, e.g. runs/20260101-120000/bag")
    return Path(settings.checkpoint)


def _span(story: ChunkStory) -> tuple[int, int]:
    """First row that was commanded, and how many were."""
    if not story.statuses:
        return 0, 0
    return story.statuses[-1].entry_step, story.statuses[-1].steps_done


def _profile(bag: Path, run: RunData, chunks: Sequence[Chunk]) -> CheckpointProfile:
    views = run.info.cameras or tuple(view_topics(run))
    return CheckpointProfile(
        name=f"replay of {bag.parent.name}",
        step_period=chunks[0].step_period,
        steps=max(len(chunk.deltas) for chunk in chunks),
        arms=chunks[0].arms,
        frame=chunks[0].frame,
        rotation=chunks[0].rotation,
        gripper="one_is_open",
        deltas="commanded",
        views=views,
        prompt="multi_view" if len(views) > 1 else "single_view",
    )

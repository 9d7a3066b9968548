"""Replay: a policy answers the observations of a bag again, offline; each answer is held against the recorded one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from demo_recorder.reading import BagReader
from demo_recorder.records import ImageRecord, ReasoningRecord, Stage
from molmoact.runtime import backend as stages
from molmoact.runtime.backend import Action, Backend, Depth, Preprocessed, Refused, TraceFound
from molmoact.runtime.observation import Observation
from trial_runner.run_data import load_run

Views = Mapping[str, NDArray[np.uint8]]


@dataclass(frozen=True, slots=True)
class Replayed:
    """One observation answered again.

    Attributes:
        sequence: of the recorded observation.
        same_input: the model got the very same arrays as live; None where the recording has no digest.
        same_answer: the answer's text is the recorded one; None where nothing was recorded to compare.
        answer: the new answer's text, or why it was refused.
    """

    sequence: int
    same_input: bool | None
    same_answer: bool | None
    answer: str

    @property
    def differs(self) -> bool:
        """Something that could be compared is not the same."""
        return self.same_input is False or self.same_answer is False


@dataclass(frozen=True, slots=True)
class Replay:
    """Observations of a bag that can be answered again, and the sequences of those that cannot.

    Attributes:
        views: names of the policy's views, in its order.
        observed: the newest reasoning of each observation.
        incomplete: sequences of observations of which a frame was not recorded.
        images: (view, stamp) -> the frame.
    """

    views: tuple[str, ...]
    observed: list[ReasoningRecord]
    incomplete: list[int]
    images: Mapping[tuple[str, int], ImageRecord]

    def answers(self, backend: Backend) -> Iterator[Replayed]:
        """Let `backend` answer every observation, in order."""
        for record in self.observed:
            keys = zip(self.views, record.view_stamps_ns, strict=True)
            yield _answer(backend, record, {key[0]: self.images[key].pixels() for key in keys})


def load_replay(bag: Path, views: tuple[str, ...]) -> Replay:
    """Find in `bag` every observation of these views whose frames were recorded.

    Raises:
        BagError: no closed bag, or a message that cannot be decoded.
    """
    reasonings = [story.reasoning for story in load_run(bag).stories if story.reasoning is not None]
    reasonings = [record for record in reasonings if len(record.view_stamps_ns) == len(views)]
    images = _images(bag, views, {stamp for record in reasonings for stamp in record.view_stamps_ns})
    observed, incomplete = [], []
    for record in reasonings:
        if all(key in images for key in zip(views, record.view_stamps_ns, strict=True)):
            observed.append(record)
        else:
            incomplete.append(record.sequence)
    return Replay(views, observed, incomplete, images)


def _images(bag: Path, views: tuple[str, ...], stamps: set[int]) -> dict[tuple[str, int], ImageRecord]:
    topics = {f"/camera/{view}/color/image_raw": view for view in views}
    with BagReader(bag) as reader:
        return {
            (topics[topic], record.stamp_ns): record
            for topic, _, record in reader.entries(list(topics))
            if isinstance(record, ImageRecord) and record.stamp_ns in stamps
        }


def _answer(backend: Backend, recorded: ReasoningRecord, views: Views) -> Replayed:
    observation = Observation(
        sequence=recorded.sequence,
        stamp_ns=recorded.stamp_ns,
        views=views,
        view_stamps=recorded.view_stamps_ns,
        instruction=recorded.instruction,
        drawn=recorded.drawn,
    )
    digest, text = "", ""
    for stage in backend.reason(observation):
        digest = stage.digest if isinstance(stage, Preprocessed) else digest
        text = _text(stage) or text
    comparable = recorded.stage is Stage.ACTION  # a recording may end in the middle of an answer
    return Replayed(
        sequence=recorded.sequence,
        same_input=digest == recorded.input_digest if recorded.input_digest else None,
        same_answer=text == recorded.text if comparable else None,
        answer=text,
    )


def _text(stage: stages.Stage) -> str:
    match stage:
        case Depth(_, text) | TraceFound(_, text) | Action(_, text, _):
            return text
        case Refused(why, _, _):
            return f"refused: {why}"
        case _:
            return ""

"""Training rows in the published record schema: pictures, a question, its answer, and a trace to draw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from molmoact.profile import CheckpointProfile
from molmoact.protocol.prompts import PromptStyle, question, style_for
from molmoact.protocol.symbols import ActionSymbols
from molmoact.protocol.wording import END, Wording, before_depth, before_traces, wording_for, write_answer

Trace = tuple[tuple[int, int], ...]
"""Points (x, y), each 0..255 of the first view as the model sees it, in the order of travel."""

HUMAN, MODEL = "human", "gpt"
"""`from` of a question and of an answer."""


class Kind(StrEnum):
    """Sets of rows, a folder each."""

    REASONING = "reasoning"  # depth, trace, action
    CONDITIONED = "conditioned"  # a trace is drawn on the first view; action
    DEPTH = "depth"  # auxiliary: depth alone
    TRACE = "trace"  # auxiliary: trace alone


@dataclass(frozen=True, slots=True)
class Frame:
    """What rows of one moment are made of.

    Attributes:
        task: the instruction, verbatim.
        images: encoded pictures of all views as the model sees them, in the profile's order.
        depth: 100 codes of the first view; empty: not known.
        traces: one an arm, in the first view; an empty one: the hand is not seen any more.
        bins: shape (steps, 7 * arms), the chunk from this moment on.
    """

    task: str
    images: Sequence[bytes]
    depth: tuple[int, ...]
    traces: tuple[Trace, ...]
    bins: NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class RowWriter:
    """Writes the texts of rows.

    Attributes:
        profile: prompt style, views, arms.
        symbols: of the checkpoint that will be trained.
        wording: of reasoning answers; None: that of the released checkpoints.
    """

    profile: CheckpointProfile
    symbols: ActionSymbols
    wording: Wording | None = None

    def row(self, kind: Kind, frame: Frame) -> dict[str, Any] | None:
        """The row of a kind, or None where the frame does not have what it takes.

        A conditioned row needs two points of every trace, as one draws nothing; the others need one.
        """
        traced = all(frame.traces) and len(frame.traces) == len(self.profile.arms)
        drawn = traced and all(len(trace) > 1 for trace in frame.traces)
        match kind:
            case Kind.REASONING:
                text = self._reasoning(frame) if frame.depth and traced else None
            case Kind.CONDITIONED:
                text = self._conditioned(frame) if drawn else None
            case Kind.DEPTH:
                text = _depth_alone(frame) if frame.depth else None
            case Kind.TRACE:
                text = self._trace_alone(frame) if traced else None
        if text is None:
            return None
        return self._record(frame, *text, alone=kind in (Kind.DEPTH, Kind.TRACE)) | {
            "annotation": annotation(frame.traces) if kind is Kind.CONDITIONED else None
        }

    def _reasoning(self, frame: Frame) -> tuple[str, str]:
        style = style_for(self.profile.prompt, steered=False)
        wording = self.wording or wording_for(style, len(self.profile.arms))
        answer = write_answer(wording, self.symbols, frame.bins, depth=frame.depth, traces=frame.traces)
        return question(style, frame.task), answer.removeprefix(" ")

    def _conditioned(self, frame: Frame) -> tuple[str, str]:
        style = style_for(self.profile.prompt, steered=True)
        return question(style, frame.task), write_answer(Wording.STEERED, self.symbols, frame.bins).removeprefix(" ")

    def _trace_alone(self, frame: Frame) -> tuple[str, str]:
        wording = Wording.SINGLE_VIEW if len(frame.traces) == 1 else Wording.FINE_TUNED
        said = zip(before_traces(wording), frame.traces, strict=True)
        text = "".join(f"{before}{points_text(trace)}" for before, trace in said)
        return question(PromptStyle.TRACE_ONLY, frame.task), text.removeprefix(". ") + END

    def _record(self, frame: Frame, asked: str, answer: str, *, alone: bool) -> dict[str, Any]:
        names = image_columns(self.profile)
        used = names[:1] if alone else names
        images = dict(zip(used, frame.images, strict=False))
        said = [{"from": HUMAN, "value": asked}, {"from": MODEL, "value": answer}]
        return {name: {"bytes": image, "path": None} for name, image in images.items()} | {"conversations": said}


def image_columns(profile: CheckpointProfile) -> tuple[str, ...]:
    """Columns of the pictures: `image` for the view with depth and trace, then the names of the others."""
    return ("image", *profile.views[1:])


def annotation(traces: Sequence[Trace]) -> str | list[str]:
    """The traces that are drawn: one as text, as published; two as a text each, left first."""
    texts = [points_text(trace) for trace in traces]
    return texts[0] if len(texts) == 1 else texts


def points_text(trace: Trace) -> str:
    """A trace as it stands in an answer."""
    return str([list(point) for point in trace])


def _depth_alone(frame: Frame) -> tuple[str, str]:
    codes = "".join(f"<DEPTH_{code}>" for code in frame.depth)
    answer = f"{before_depth(Wording.SINGLE_VIEW)}<DEPTH_START>{codes}<DEPTH_END>{END}"
    return question(PromptStyle.DEPTH_ONLY, frame.task), answer.removeprefix(" ")


def card_views(profile: CheckpointProfile) -> Mapping[str, str]:
    """Column -> camera."""
    return dict(zip(image_columns(profile), profile.views, strict=True))

"""Answers as the checkpoints word them: the same sentences for training rows and for the grammar of decoding."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from molmoact.protocol.actions import write_chunk, write_step
from molmoact.protocol.prompts import PromptStyle
from molmoact.protocol.symbols import ActionSymbols


class Wording(StrEnum):
    """How an answer is worded."""

    SINGLE_VIEW = "single_view"  # pre-trained checkpoints
    MULTI_VIEW = "multi_view"  # mid-trained checkpoint
    FINE_TUNED = "fine_tuned"  # the published fine-tuning code: a left and a right sentence, even for one arm
    STEERED = "steered"


_BEFORE_DEPTH = {
    Wording.SINGLE_VIEW: " The depth map of the image is ",
    Wording.MULTI_VIEW: " The depth map of the first image is ",
    Wording.FINE_TUNED: " The depth map of the image is ",
}
_BEFORE_ACTION = {
    Wording.SINGLE_VIEW: ". Based on this information, the action that the robot should take is ",
    Wording.MULTI_VIEW: ". Based on these information, along with other images from different camera views"
    " as additional information, the action that the robot should take is ",
    Wording.FINE_TUNED: ". Based on this information, the action that the robot should take is ",
    Wording.STEERED: " Based on the image and the annotated trajectory of the end effector,"
    " the action that the robot should take is ",
}
END = "."


def wording_for(style: PromptStyle, arms: int) -> Wording:
    """How the released checkpoints word the answer to a question of this style; two arms need left and right."""
    if style in (PromptStyle.STEERING_SINGLE_VIEW, PromptStyle.STEERING_MULTI_VIEW):
        return Wording.STEERED
    if arms > 1:
        return Wording.FINE_TUNED
    return Wording.SINGLE_VIEW if style is PromptStyle.SINGLE_VIEW else Wording.MULTI_VIEW


def before_depth(wording: Wording) -> str:
    """What stands before the depth codes; it begins with the space that every reply begins with."""
    return _BEFORE_DEPTH[wording]


def before_traces(wording: Wording) -> tuple[str, ...]:
    """What stands before each trace."""
    if wording is Wording.FINE_TUNED:
        return (
            ". The trajectory of the left end effector is ",
            ". The trajectory of the right end effector is ",
        )
    if wording is Wording.MULTI_VIEW:
        return (". The trajectory of the end effector in the first image is ",)
    return (". The trajectory of the end effector is ",) if wording is Wording.SINGLE_VIEW else ()


def before_action(wording: Wording) -> str:
    """What stands before the action."""
    return _BEFORE_ACTION[wording]


def write_answer(
    wording: Wording,
    symbols: ActionSymbols,
    bins: NDArray[np.integer],
    *,
    depth: tuple[int, ...] = (),
    traces: tuple[tuple[tuple[int, int], ...], ...] = (),
) -> str:
    """An answer's text.

    Args:
        wording: how it is worded.
        symbols: of the checkpoint.
        bins: shape (steps, D); one step is written in single brackets.
        depth: 100 codes; unused where steered.
        traces: one an arm; one arm in the fine-tuned wording gets it twice.
    """
    action = write_step(bins[0], symbols) if len(bins) == 1 else write_chunk(bins, symbols)
    tail = f"{before_action(wording)}{action}{END}"
    if wording is Wording.STEERED:
        return tail
    codes = "".join(f"<DEPTH_{code}>" for code in depth)
    sentences = before_traces(wording)
    doubled = traces * len(sentences) if len(traces) == 1 else traces
    said = "".join(
        f"{sentence}{[list(point) for point in trace]}" for sentence, trace in zip(sentences, doubled, strict=True)
    )
    return f"{before_depth(wording)}<DEPTH_START>{codes}<DEPTH_END>{said}{tail}"

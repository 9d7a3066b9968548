"""Token ids as passes give them, read into the stages of an answer: depth, traces, action, or the broken rule."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from molmoact.profile import CheckpointProfile
from molmoact.protocol.actions import physical, un_normalise, values_of
from molmoact.protocol.answer import AnswerError, parse_answer, read_depth, read_traces
from molmoact.protocol.statistics import ActionStatistics
from molmoact.protocol.symbols import ActionSymbols
from molmoact.runtime.backend import Action, Depth, Pass, Prefilled, Refused, Stage, TraceFound

_ACTION_BEGINS = "Based on"

_DEPTH_WITHIN = 160
"""Tokens in which the depth codes must have ended: 102 of them, and the phrase before at a letter a token."""


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """What an answer of one checkpoint must be.

    Attributes:
        decode: token ids to text, depth tokens and whatever else a model may write kept.
        end_id: ends an answer.
        depth_end_id: ends the depth codes.
        symbols: action symbols.
        statistics: scale of the action.
        profile: arms, steps and units.
    """

    decode: Callable[[Sequence[int]], str]
    end_id: int
    depth_end_id: int
    symbols: ActionSymbols
    statistics: ActionStatistics
    profile: CheckpointProfile


def read_stages(passes: Iterator[Sequence[int]], form: AnswerForm, *, steered: bool) -> Iterator[Stage]:
    """Stages of the answer that the passes spell, each as soon as it is complete, and a `Pass` behind each pass.

    A broken rule ends the answer at once; no further pass is asked for.

    Args:
        passes: of a decoder: the tokens that each forward pass made certain, end of text included.
        form: of the checkpoint.
        steered: the question had a drawn trace: the answer is the action alone.
    """
    reading = _Reading(form, steered)
    try:
        for tokens in passes:
            yield from reading.feed(tokens)
            yield Pass(len(tokens))
        yield reading.finish()
    except AnswerError as error:
        yield Refused(str(error), reading.text, reading.passes)


class _Reading:
    def __init__(self, form: AnswerForm, steered: bool) -> None:
        self.ids: list[int] = []
        self.passes = 0
        self._form = form
        self._steered = steered
        self._depth_ids = 0
        self._has_traces = False

    @property
    def text(self) -> str:
        """The answer so far, without the end of text."""
        ended = bool(self.ids) and self.ids[-1] == self._form.end_id
        return self._form.decode(self.ids[:-1] if ended else self.ids)

    def feed(self, tokens: Sequence[int]) -> Iterator[Stage]:
        """Take the tokens of one more pass; the stages that they complete."""
        self.passes += 1
        if self.passes == 1:
            yield Prefilled()
        for token in tokens:
            self.ids.append(token)
            yield from self._completed_by(token)

    def _completed_by(self, token: int) -> Iterator[Stage]:
        if self._steered or self._has_traces:
            return
        if self._depth_ids == 0:
            if token == self._form.depth_end_id:
                self._depth_ids = len(self.ids)
                yield Depth(read_depth(self.text), self.text)
            elif len(self.ids) == _DEPTH_WITHIN:
                read_depth(self.text)  # cannot be whole: says what it has instead
        elif _ACTION_BEGINS in self._form.decode(self.ids[self._depth_ids :]):
            self._has_traces = True
            arms = self._form.profile.arms
            yield TraceFound(dict(zip(arms, read_traces(self.text, len(arms)), strict=True)), self.text)

    def finish(self) -> Stage:
        """The action, after the last token.

        Raises:
            AnswerError: the answer has no end, or is not one.
        """
        form = self._form
        if not self.ids or self.ids[-1] != form.end_id:
            raise AnswerError(f"the answer has no end within {len(self.ids)} tokens")
        arms, steps = len(form.profile.arms), form.profile.steps
        answer = parse_answer(self.text, form.symbols, steps=steps, arms=arms, steered=self._steered)
        actions = un_normalise(values_of(answer.bins), form.statistics)
        return Action(physical(actions, form.profile), self.text, self.passes)

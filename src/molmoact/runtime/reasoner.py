"""Token ids as they come, read into the stages of an answer: depth, traces, action, or the rule that was broken."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from molmoact.profile import CheckpointProfile
from molmoact.protocol.actions import physical, un_normalise, values_of
from molmoact.protocol.answer import AnswerError, parse_answer, read_depth, read_traces
from molmoact.protocol.statistics import ActionStatistics
from molmoact.protocol.symbols import ActionSymbols
from molmoact.runtime.backend import Action, Depth, Prefilled, Refused, Stage, TraceFound

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


def read_stages(tokens: Iterator[int], form: AnswerForm, *, steered: bool) -> Iterator[Stage]:
    """Stages of the answer that `tokens` spell, each as soon as it is complete.

    A broken rule ends the answer at once; no further token is asked for. Each token counts as one forward pass.

    Args:
        tokens: of a decoder, end of text included.
        form: of the checkpoint.
        steered: the question had a drawn trace: the answer is the action alone.
    """
    reading = _Reading(form, steered)
    try:
        for token in tokens:
            yield from reading.feed(token)
        yield reading.finish()
    except AnswerError as error:
        yield Refused(str(error), reading.text, len(reading.ids))


class _Reading:
    def __init__(self, form: AnswerForm, steered: bool) -> None:
        self.ids: list[int] = []
        self._form = form
        self._steered = steered
        self._depth_ids = 0
        self._has_traces = False

    @property
    def text(self) -> str:
        """The answer so far, without the end of text."""
        ended = bool(self.ids) and self.ids[-1] == self._form.end_id
        return self._form.decode(self.ids[:-1] if ended else self.ids)

    def feed(self, token: int) -> Iterator[Stage]:
        """Take one token; the stages that it completes."""
        self.ids.append(token)
        if len(self.ids) == 1:
            yield Prefilled()
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
        return Action(physical(actions, form.profile), self.text, len(self.ids))

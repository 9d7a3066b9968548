"""Answers of a series decoded and counted: passes, tokens a pass by part of the answer, milliseconds by part."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from bench.duel import check_same
from bench.results import Row, Section
from bench.scripted_answers import Behind, DictatedPasses, ScriptedAnswer
from molmoact.decoding.constraint import Constraint, State
from molmoact.decoding.decoder import Decoder
from molmoact.decoding.greedy import greedy
from molmoact.decoding.passes import Passes
from molmoact.decoding.sources import Source
from molmoact.protocol.grammar import Part
from molmoact.runtime.answering import all_sources
from molmoact.runtime.inputs import input_arrays
from molmoact.runtime.loading import LoadedCheckpoint

Inputs = Mapping[str, Tensor]
COLD_ANSWERS = 4
"""Answers, spread over the run, that are decoded cold."""


@dataclass(slots=True)
class Counted:
    """One decoded answer.

    Attributes:
        tokens: ids.
        passes: prefill included.
        by_part: passes whose first token stands in the part; "prefill" is the first pass.
        given: tokens by part.
        seconds: by part of the pass's first token, CPU time of the process.
    """

    tokens: list[int] = field(default_factory=list)
    passes: int = 0
    by_part: Counter[str] = field(default_factory=Counter)
    given: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Bench:
    """A checkpoint and what its decoders are made with."""

    loaded: LoadedCheckpoint
    constraint: Constraint
    end_id: int
    window: int
    worth: float
    lessons: Sequence[Sequence[int]]
    capacity: int

    def inputs(self, answer: ScriptedAnswer) -> Inputs:
        """The model's, on its device."""
        model = self.loaded.model
        arrays = input_arrays(answer.observation, self.loaded.profile, self.loaded.processor)
        moved = {name: array.to(model.device) for name, array in arrays.items()}
        return {**moved, "images": moved["images"].to(model.dtype)}

    def decoder(self, passes: Passes, without: type[Source] | None = None) -> Decoder:
        """A taught decoder with all sources but one."""
        sources = [source for source in all_sources(self.constraint) if type(source) is not without]
        decoder = Decoder(passes, self.constraint, sources, window=self.window, worth=self.worth)
        for lesson in self.lessons:
            decoder.teach(lesson)
        return decoder

    def dictated(self, behind: Behind) -> DictatedPasses:
        """Passes of the model that write what is dictated."""
        passes = DictatedPasses(self.loaded.model, self.capacity)
        passes.behind = behind
        return passes

    def count(self, decoder: Decoder, inputs: Inputs, steps: int) -> Counted:
        """Decode one answer."""
        result = Counted()
        state: State | None = self.constraint.start
        began = time.process_time()
        for made in decoder.decode(inputs, end_id=self.end_id, limit=1024, steps=steps):
            now = time.process_time()
            part = str(self.constraint.part(state)) if result.passes and state else "prefill"
            result.passes += 1
            result.by_part[part] += 1
            result.seconds[part] += now - began  # type: ignore[assignment]
            for token in made.tokens:
                if state is not None:
                    result.given[str(self.constraint.part(state))] += 1
                    state = self.constraint.after(state, token)
            result.tokens += made.tokens
            began = time.process_time()
        return result


def dictated_series(
    bench: Bench, answers: Sequence[ScriptedAnswer], behind: Behind, without: type[Source] | None = None
) -> list[Counted]:
    """All answers in order, each behind the one before; the tokens are asserted."""
    passes = bench.dictated(behind)
    decoder = bench.decoder(passes, without)
    return [_dictated(bench, passes, decoder, answer, answer.steps) for answer in answers]


def dictated_cold(bench: Bench, answers: Sequence[ScriptedAnswer], behind: Behind) -> list[Counted]:
    """A few of the answers, each by a decoder that was taught and has written nothing yet."""
    counted = []
    for answer in answers[:: max(1, len(answers) // COLD_ANSWERS)]:
        passes = bench.dictated(behind)
        counted.append(_dictated(bench, passes, bench.decoder(passes), answer, 0))
    return counted


def _dictated(bench: Bench, passes: DictatedPasses, decoder: Decoder, answer: ScriptedAnswer, steps: int) -> Counted:
    passes.dictate(answer.tokens, bench.constraint)
    counted = bench.count(decoder, bench.inputs(answer), steps)
    check_same(counted.tokens, answer.tokens)
    return counted


def own_series(bench: Bench, answers: Sequence[ScriptedAnswer]) -> list[Counted]:
    """What the weights themselves say to the pictures, in order."""
    decoder = bench.decoder(Passes(bench.loaded.model, bench.capacity))
    return [bench.count(decoder, bench.inputs(answer), answer.steps) for answer in answers]


def matching(bench: Bench, answers: Sequence[ScriptedAnswer], counted: Sequence[Counted]) -> float:
    """Share of answers that plain decoding, one token a pass, gives alike to the last token."""
    model, constraint = bench.loaded.model, bench.constraint
    plain = [
        list(greedy(model, bench.inputs(answer), end_id=bench.end_id, limit=1024, constraint=constraint))
        for answer in answers
    ]
    return float(np.mean([mine.tokens == theirs for mine, theirs in zip(counted, plain, strict=True)]))


PARTS = ("prefill", *map(str, Part))


def passes_section(name: str, rows: Mapping[str, Sequence[Counted]], note: str) -> Section:
    """Mean passes of an answer, in all and by part."""
    return Section(
        name, ("passes", "tokens", "tokens a pass", *PARTS), {key: _passes(row) for key, row in rows.items()}, note
    )


def _passes(row: Sequence[Counted]) -> Row:
    passes, tokens = (float(np.mean(values)) for values in ([c.passes for c in row], [len(c.tokens) for c in row]))
    return (passes, tokens, tokens / passes, *(float(np.mean([c.by_part[part] for c in row])) for part in PARTS))


def times_section(rows: Mapping[str, Sequence[Counted]]) -> Section:
    """Median milliseconds of an answer by part (CPU time)."""
    figures = {
        key: tuple(float(np.median([counted.seconds[part] * 1000 for counted in row])) for part in PARTS)
        for key, row in rows.items()
    }
    return Section("CPU time by part of the answer (ms)", PARTS, figures, "Of the steady answers above.")


def cache_bytes(bench: Bench) -> int:
    """Bytes of the static cache."""
    llm = bench.loaded.model.config.llm
    heads = llm.num_key_value_heads or llm.num_attention_heads
    values = 2 * llm.num_hidden_layers * heads * llm.head_dim * bench.capacity
    return int(values * torch.finfo(bench.loaded.model.dtype).bits // 8)

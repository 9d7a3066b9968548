"""The decoders of one checkpoint, fast or plain: an observation's arrays in, tokens out pass by pass."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
from pydantic import Field
from torch import Tensor

from molmoact.decoding.constraint import Constraint
from molmoact.decoding.decoder import Decoder
from molmoact.decoding.greedy import greedy
from molmoact.decoding.passes import Passes
from molmoact.decoding.sources import Above, Habit, Jacobi, Previous, Source
from molmoact.decoding.vocabulary import Vocabulary
from molmoact.protocol.answer import DEPTH_CODES, MAX_TRACE_POINTS
from molmoact.protocol.grammar import answer_grammar
from molmoact.protocol.prompts import style_for
from molmoact.protocol.symbols import BINS
from molmoact.protocol.wording import Wording, wording_for, write_answer
from molmoact.runtime.loading import LoadedCheckpoint
from molmoact_common.chunks import DOF_PER_ARM
from molmoact_common.yaml_config import Settings

WINDOW = {"cpu": 32, "cuda": 128}
"""Positions of a pass. A GPU reads all weights for one position as for a hundred; a CPU computes each."""

WORTH = {"cpu": 0.05, "cuda": 0.0}
"""See Decoder. On a CPU a position more costs about a twentieth of a pass with the small checkpoint."""


class DecodingOptions(Settings):
    """How a checkpoint's answers are decoded. None of it changes the tokens but for ties in the last bits.

    Attributes:
        constrained: let the model write nothing but well-formed answers. Needed for weights that were not trained; a
            trained model's malformed answer is a sign worth seeing, so it is off by default.
        decoding: "fast" verifies guesses, many in a pass; "plain" makes one token a pass.
        exact: passes of one shape, so that not even a tie in the last bits depends on what was guessed.
        compile: one compiled graph a pass, for a GPU; needs exact. Not measured yet.
        window: most positions of a pass; 0: 32 on a CPU, 128 on a GPU.
        cache_tokens: prompt and answer together; 0: all positions that the model knows.
        max_new_tokens: an answer that has no end by then is refused. The longest published form (two arms, eight
            steps) takes up to about 730.
    """

    constrained: bool = False
    decoding: Literal["fast", "plain"] = "fast"
    exact: bool = False
    compile: bool = False
    window: int = Field(default=0, ge=0, le=512)
    cache_tokens: int = Field(default=0, ge=0)
    max_new_tokens: int = Field(default=1024, ge=16, le=8192)


class Answering:
    """Decodes the answers of one checkpoint, one at a time."""

    def __init__(self, loaded: LoadedCheckpoint, options: DecodingOptions) -> None:
        """Allocate the cache.

        Raises:
            ConfigError: options that do not go together, or more cache than the model has positions.
        """
        self._loaded = loaded
        self._options = options
        self.vocabulary = Vocabulary.from_tokenizer(loaded.processor.tokenizer)
        self._window = options.window or WINDOW[loaded.model.device.type]
        self._passes = self._allocate() if options.decoding == "fast" else None
        self._constraints: dict[bool, Constraint] = {}
        self._decoders: dict[bool, Decoder] = {}
        self._command_steps: dict[bool, int] = {}

    def passes(self, inputs: Mapping[str, Tensor], *, steered: bool, command_step: int) -> Generator[Sequence[int]]:
        """Tokens of one answer, pass by pass; closing the iterator cancels it.

        Args:
            inputs: on the model's device.
            steered: the question had a drawn trace.
            command_step: the bridge's counter at the observation.

        Raises:
            PromptError: a prompt that does not fit.
        """
        if self._passes is None:
            yield from self._plain(inputs, steered)
            return
        steps = max(0, command_step - self._command_steps.get(steered, command_step))
        self._command_steps[steered] = command_step
        made = self.decoder(steered).decode(
            inputs, end_id=self.vocabulary.end_id, limit=self._options.max_new_tokens, steps=steps
        )
        for each in made:
            yield each.tokens

    def _plain(self, inputs: Mapping[str, Tensor], steered: bool) -> Iterator[Sequence[int]]:
        end, limit = self.vocabulary.end_id, self._options.max_new_tokens
        constraint = self.constraint(steered) if self._options.constrained else None
        for token in greedy(self._loaded.model, inputs, end_id=end, limit=limit, constraint=constraint):
            yield (token,)

    def decoder(self, steered: bool) -> Decoder:
        """The fast one for plain or steered answers, made at its first use."""
        if self._passes is None:
            raise ValueError("plain decoding has no Decoder")
        if steered not in self._decoders:
            constraint = self.constraint(steered)
            constraint.explore()
            decoder = Decoder(
                self._passes,
                constraint,
                all_sources(constraint),
                window=self._window,
                worth=WORTH[self._loaded.model.device.type],
                free=not self._options.constrained,
            )
            for answer in self.lessons(steered):
                decoder.teach(answer)
            self._decoders[steered] = decoder
        return self._decoders[steered]

    def constraint(self, steered: bool) -> Constraint:
        """The grammar of plain or steered answers over this checkpoint's tokens."""
        if steered not in self._constraints:
            profile = self._loaded.profile
            arms = len(profile.arms)
            grammar = answer_grammar(self._wording(steered), self._loaded.symbols, steps=profile.steps, arms=arms)
            self._constraints[steered] = Constraint(grammar, self.vocabulary, self._loaded.model.device)
        return self._constraints[steered]

    def _wording(self, steered: bool) -> Wording:
        profile = self._loaded.profile
        return wording_for(style_for(profile.prompt, steered=steered), len(profile.arms))

    def _allocate(self) -> Passes:
        model, options = self._loaded.model, self._options
        capacity = options.cache_tokens or model.config.llm.max_position_embeddings
        return Passes(model, capacity, width=self._window if options.exact else 0, compiled=options.compile)

    def lessons(self, steered: bool) -> Iterator[list[int]]:
        """Answers that hold every symbol once, cut into tokens as in training."""
        profile, tokenizer = self._loaded.profile, self._loaded.processor.tokenizer
        arms, columns = len(profile.arms), DOF_PER_ARM * len(profile.arms)
        trace = ((BINS // 2, BINS // 2),) * MAX_TRACE_POINTS
        for first in range(0, BINS, profile.steps * columns):
            bins = np.arange(first, first + profile.steps * columns).reshape(-1, columns) % BINS
            text = write_answer(
                self._wording(steered), self._loaded.symbols, bins, depth=(0,) * DEPTH_CODES, traces=(trace,) * arms
            )
            yield [*tokenizer.encode(text, add_special_tokens=False), self.vocabulary.end_id]


def all_sources(constraint: Constraint) -> list[Source]:
    """Every source of guesses, new, in the order in which they are asked until they are known better."""
    return [Previous(constraint), Above(constraint), Jacobi(), Habit(constraint)]

"""The two decoders of one checkpoint: this project's greedy, and transformers' own `generate`."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bench.duel import Turn, timed
from molmoact.decoding.constraint import Constraint, State
from molmoact.decoding.greedy import greedy
from molmoact.decoding.vocabulary import Vocabulary
from molmoact.protocol.grammar import answer_grammar
from molmoact.protocol.prompts import style_for
from molmoact.protocol.wording import wording_for
from molmoact.runtime.inputs import input_arrays
from molmoact.runtime.loading import LoadedCheckpoint
from molmoact.runtime.observation import Observation

NO_END = -1
"""An id that no token has: decoding goes on to its limit."""


class Decoders:
    """Both decoders on one prompt: pictures of noise in every view, and a fixed instruction."""

    def __init__(self, loaded: LoadedCheckpoint) -> None:
        self._model = loaded.model
        self._inputs = _inputs(loaded)
        vocabulary = Vocabulary.from_tokenizer(loaded.processor.tokenizer)
        self._end_id = vocabulary.end_id
        self._constraint = _constraint(loaded, vocabulary)
        self._passes = 0
        loaded.model.model.transformer.register_forward_hook(self._count)

    @property
    def prompt_tokens(self) -> int:
        """Tokens of the prompt, image tokens among them."""
        return int(self._inputs["input_ids"].shape[1])

    def ours(self, limit: int, *, constrained: bool) -> Turn:
        """One answer of at most `limit` tokens by `greedy`; unconstrained it has no end before."""
        constraint, end = (self._constraint, self._end_id) if constrained else (None, NO_END)
        return self._timed(
            lambda: list(greedy(self._model, self._inputs, end_id=end, limit=limit, constraint=constraint))
        )

    def theirs(self, limit: int, *, constrained: bool) -> Turn:
        """The same by `generate`, with the same tokens allowed."""
        return self._timed(partial(self._generate, limit, constrained=constrained))

    def _generate(self, limit: int, *, constrained: bool) -> list[int]:
        allowed = Allowed(self._constraint, self.prompt_tokens) if constrained else None
        ids = self._model.generate(
            **self._inputs,
            max_new_tokens=limit,
            do_sample=False,
            eos_token_id=self._end_id if constrained else None,
            pad_token_id=self._end_id,
            prefix_allowed_tokens_fn=allowed,
        )
        tokens: list[int] = ids[0, self.prompt_tokens :].tolist()
        return tokens

    def _timed(self, decode: Callable[[], list[int]]) -> Turn:
        on_gpu = self._model.device.type == "cuda"
        return timed(decode, lambda: self._passes, torch.cuda.synchronize if on_gpu else lambda: None)

    def _count(self, *_: Any) -> None:
        self._passes += 1


class Allowed:
    """The grammar in the form that `generate` takes: a function of all ids so far, called once a token."""

    def __init__(self, constraint: Constraint, prompt_tokens: int) -> None:
        self._constraint = constraint
        self._prompt_tokens = prompt_tokens
        self._state: State | None = constraint.start

    def __call__(self, batch: int, ids: Tensor) -> list[int]:
        """What may come behind these ids."""
        if len(ids) > self._prompt_tokens and self._state:
            self._state = self._constraint.after(self._state, int(ids[-1]))
        return list(self._constraint.ids(self._state)) if self._state else []


def _inputs(loaded: LoadedCheckpoint) -> Mapping[str, Tensor]:
    profile, model = loaded.profile, loaded.model
    noise = np.random.default_rng(0)
    height, width = (profile.resize.height, profile.resize.width) if profile.resize else (240, 320)
    views = {name: noise.integers(0, 256, (height, width, 3), dtype=np.uint8) for name in profile.views}
    observation = Observation(sequence=0, stamp_ns=0, views=views, instruction="put the red block into the tray")
    arrays = {n: array.to(model.device) for n, array in input_arrays(observation, profile, loaded.processor).items()}
    return {**arrays, "images": arrays["images"].to(model.dtype)}


def _constraint(loaded: LoadedCheckpoint, vocabulary: Vocabulary) -> Constraint:
    profile = loaded.profile
    arms = len(profile.arms)
    wording = wording_for(style_for(profile.prompt, steered=False), arms)
    grammar = answer_grammar(wording, loaded.symbols, steps=profile.steps, arms=arms)
    return Constraint(grammar, vocabulary, loaded.model.device)

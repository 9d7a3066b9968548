"""Forward passes of the language model over one static cache: a prefill, then a few tokens at a time."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from molmoact.decoding.cache import StaticKeyValues
from molmoact.modeling.model import MolmoActForActionReasoning
from molmoact_common.errors import ConfigError


class PromptError(ConfigError):
    """A prompt that cannot be decoded: not one, or longer than the cache."""


class Passes:
    """One sequence in one cache.

    Attributes:
        capacity: positions that there are.
        width: positions of every pass behind the prefill, the rest padded. Equal shapes make equal kernels, so that
            a token's numbers do not depend on how many others stood in its pass. 0: as many as there are.
    """

    def __init__(
        self, model: MolmoActForActionReasoning, capacity: int, *, width: int = 0, compiled: bool = False
    ) -> None:
        """Allocate for `capacity` positions, prompt and answer together.

        Args:
            model: in evaluation mode.
            capacity: positions; with a width, every pass attends to all of them.
            width: see above.
            compiled: let torch.compile make one graph of a pass; needs a width.

        Raises:
            ConfigError: more positions than the model knows, or a graph without a width.
        """
        most = model.config.llm.max_position_embeddings
        if capacity > most:
            raise ConfigError(f"a cache of {capacity} tokens, but the model knows {most} positions; lower cache_tokens")
        if compiled and not width:
            raise ConfigError("a compiled pass needs passes of one width; set exact, or leave compile off")
        self.width = width
        self.capacity = capacity
        self._model = model
        # padding of a last pass lies behind what counts
        self._cache = StaticKeyValues(model.config.llm, capacity + width, model.dtype, model.device)
        self._pad = torch.zeros(width, dtype=torch.int64, device=model.device)
        self._steps = torch.arange(capacity + width, device=model.device)
        self._length = 0
        self._run = torch.compile(self._forward, mode="reduce-overhead", dynamic=False) if compiled else self._forward

    @property
    def room(self) -> int:
        """Tokens that still fit."""
        return self.capacity - self._length

    @torch.inference_mode()
    def prefill(self, inputs: Mapping[str, Tensor], guesses: Sequence[int] = ()) -> Tensor:
        """Forget everything, and run images and prompt with guesses behind them.

        Returns:
            Logits behind the prompt and behind each guess, shape (1 + guesses, words).

        Raises:
            PromptError: not one prompt, or one that does not fit.
        """
        ids = inputs["input_ids"]
        if ids.shape[0] != 1:
            raise PromptError(f"{ids.shape[0]} prompts at once, one is decoded at a time; ask one after the other")
        count = ids.shape[1] + len(guesses)
        if count > self.capacity:
            raise PromptError(
                f"the prompt has {ids.shape[1]} tokens, the cache {self.capacity}; "
                "raise cache_tokens, shorten the instruction or make the views smaller"
            )
        embeds = self._model.embed(ids, inputs.get("images"), inputs.get("pooled_patches_idx"))
        if guesses:
            embeds = torch.cat([embeds, self._model.embed(self._tensor(guesses)[None])], dim=1)
        positions = self._steps[:count]
        self._cache.write_at(positions, count)
        self._length = count
        hidden = self._model.model.transformer(embeds, positions[None], None, self._cache)
        return self._model.lm_head(hidden[0, -1 - len(guesses) :])

    @torch.inference_mode()
    def extend(self, tokens: Sequence[int]) -> Tensor:
        """Run `tokens` behind what is there; the logits behind each, shape (tokens, words)."""
        count = len(tokens)
        ids = self._tensor(tokens)
        if self.width:
            ids = torch.cat([ids, self._pad[count:]])
        positions = self._steps[self._length : self._length + len(ids)]
        self._length += count
        return self._run(ids, positions)[:count]

    def drop(self, count: int) -> None:
        """Forget the last `count` tokens."""
        self._length -= count

    def _forward(self, ids: Tensor, positions: Tensor) -> Tensor:
        end = self._cache.capacity if self.width else self._length
        self._cache.write_at(positions, end)
        mask = self._steps[:end] <= positions[:, None] if len(ids) > 1 or self.width else None
        transformer = self._model.model.transformer
        embeds = transformer.wte(ids[None])
        hidden = transformer(embeds, positions[None], None if mask is None else mask[None, None], self._cache)
        return self._model.lm_head(hidden[0])

    def _tensor(self, tokens: Sequence[int]) -> Tensor:
        return torch.tensor(tokens, dtype=torch.int64, device=self._model.device)

"""The key-value cache of fast decoding: one allocation for the life of the process, written in place."""

import torch
from torch import Tensor

from molmoact.modeling.config import MolmoActLlmConfig


class StaticKeyValues:
    """Keys and values of all layers for `capacity` positions, batch 1.

    What lies behind the positions in use is stale, finite, and hidden by the mask of whoever attends to it.
    """

    def __init__(self, config: MolmoActLlmConfig, capacity: int, dtype: torch.dtype, device: torch.device) -> None:
        heads = config.num_key_value_heads or config.num_attention_heads
        shape = (config.num_hidden_layers, 1, heads, capacity, config.head_dim)
        # zeros and not empty: a masked position still counts, as zero times its value, and may not be a NaN
        self._keys, self._values = (torch.zeros(shape, dtype=dtype, device=device) for _ in range(2))
        self.capacity = capacity
        self.positions = torch.zeros(0, dtype=torch.int64, device=device)
        self.end = 0

    def write_at(self, positions: Tensor, end: int) -> None:
        """Where the next pass writes, and up to which position it reads.

        Args:
            positions: int64, shape (new,), rising.
            end: attention gets the positions 0..end-1.
        """
        self.positions, self.end = positions, end

    def update(self, key_states: Tensor, value_states: Tensor, layer_idx: int) -> tuple[Tensor, Tensor]:
        """Write a layer's new positions, each (1, heads, new, head_dim); all positions up to `end`."""
        keys, values = self._keys[layer_idx], self._values[layer_idx]
        keys.index_copy_(2, self.positions, key_states)
        values.index_copy_(2, self.positions, value_states)
        return keys[:, :, : self.end], values[:, :, : self.end]

"""The language model of both families: Qwen2.5 (norm before, qkv bias, GQA) and OLMo2 (norm after, qk-norm)."""

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.activations import ACT2FN

from molmoact.modeling.config import MolmoActLlmConfig


class KeyValues(Protocol):
    """What attention needs of a key-value cache; transformers' caches have it."""

    def update(self, key_states: Tensor, value_states: Tensor, layer_idx: int) -> tuple[Tensor, Tensor]:
        """Take the new positions of a layer, each (batch, heads, new, head_dim); all that there are by now."""


class MolmoActRMSNorm(nn.Module):
    """Scale by the root mean square over the last axis, taken in float32."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Shape and type are kept."""
        wide = x.float()
        wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.eps)
        return self.weight * wide.to(x.dtype)


class TokenEmbedding(nn.Module):
    """Two tables: the tokenizer's words, and behind them the image tokens that are read but never written."""

    def __init__(self, config: MolmoActLlmConfig) -> None:
        super().__init__()
        self.embedding = nn.Parameter(torch.zeros(config.vocab_size, config.hidden_size))
        self.new_embedding = nn.Parameter(torch.zeros(config.additional_vocab_size, config.hidden_size))

    def forward(self, ids: Tensor) -> Tensor:
        """Ids of shape (batch, positions) -> (batch, positions, hidden)."""
        # Two look-ups and a choice: joining the tables would copy a gigabyte a pass at full size.
        count = self.embedding.shape[0]
        words = functional.embedding(ids.clamp(max=count - 1), self.embedding)
        added = functional.embedding((ids - count).clamp(min=0), self.new_embedding)
        return torch.where((ids >= count)[..., None], added, words)


def rotary_tables(positions: Tensor, head_dim: int, theta: float, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the rotary position embedding.

    Args:
        positions: int64, shape (batch, positions).
        head_dim: of queries and keys; all of it is rotated.
        theta: base of the frequencies.
        dtype: of the result; the angles are computed in float32.

    Returns:
        Two tensors of shape (batch, 1, positions, head_dim); the second half repeats the first.
    """
    exponents = torch.arange(0, head_dim, 2, device=positions.device, dtype=torch.float32) / head_dim
    angles = positions[:, None, :, None].float() * (1.0 / theta**exponents)
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate(x: Tensor, tables: tuple[Tensor, Tensor]) -> Tensor:
    """Apply the rotary embedding to (batch, heads, positions, head_dim), pairing entry i with i + head_dim / 2."""
    cos, sin = tables
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-second, first], dim=-1) * sin


class SelfAttention(nn.Module):
    """Causal attention with grouped keys and values, one fused projection, and a key-value cache."""

    def __init__(self, config: MolmoActLlmConfig, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.head_dim = config.head_dim
        kv_heads = config.num_key_value_heads or config.num_attention_heads
        self.is_grouped = kv_heads != config.num_attention_heads
        self.widths = [n * config.head_dim for n in (config.num_attention_heads, kv_heads, kv_heads)]
        self.att_proj = nn.Linear(config.hidden_size, sum(self.widths), bias=config.qkv_bias)
        self.attn_out = nn.Linear(self.widths[0], config.hidden_size, bias=False)
        self.q_norm = MolmoActRMSNorm(self.widths[0], config.layer_norm_eps) if config.use_qk_norm else nn.Identity()
        self.k_norm = MolmoActRMSNorm(self.widths[1], config.layer_norm_eps) if config.use_qk_norm else nn.Identity()

    def _heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (-1, self.head_dim)).transpose(1, 2)

    def forward(self, x: Tensor, tables: tuple[Tensor, Tensor], mask: Tensor | None, cache: KeyValues | None) -> Tensor:
        """Shape (batch, positions, hidden) is kept; see `LanguageModel.forward` for the arguments."""
        q, k, v = self.att_proj(x).split(self.widths, dim=-1)
        q, k, v = self._heads(self.q_norm(q)), self._heads(self.k_norm(k)), self._heads(v)
        q, k = rotate(q, tables), rotate(k, tables)
        if cache is not None:
            k, v = cache.update(k, v, self.layer)
        is_causal = mask is None and q.shape[2] > 1
        mixed = functional.scaled_dot_product_attention(q, k, v, mask, is_causal=is_causal, enable_gqa=self.is_grouped)
        return self.attn_out(mixed.transpose(1, 2).flatten(2))


class LanguageMlp(nn.Module):
    """Gated MLP with one fused input projection: values in its first half, the gate in its second."""

    def __init__(self, config: MolmoActLlmConfig) -> None:
        super().__init__()
        self.ff_proj = nn.Linear(config.hidden_size, 2 * config.intermediate_size, bias=False)
        self.ff_out = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)
        self.act = ACT2FN[config.hidden_act]

    def forward(self, x: Tensor) -> Tensor:
        """Shape is kept."""
        value, gate = self.ff_proj(x).chunk(2, dim=-1)
        return self.ff_out(self.act(gate) * value)


class LanguageBlock(nn.Module):
    """Attention and MLP, each added to what came in; the norm stands before (Qwen2.5) or after (OLMo2) each."""

    def __init__(self, config: MolmoActLlmConfig, layer: int) -> None:
        super().__init__()
        self.norm_after = config.norm_after
        self.self_attn = SelfAttention(config, layer)
        self.attn_norm = MolmoActRMSNorm(config.hidden_size, config.layer_norm_eps)
        self.mlp = LanguageMlp(config)
        self.ff_norm = MolmoActRMSNorm(config.hidden_size, config.layer_norm_eps)

    def forward(self, x: Tensor, tables: tuple[Tensor, Tensor], mask: Tensor | None, cache: KeyValues | None) -> Tensor:
        """Shape (batch, positions, hidden) is kept."""
        if self.norm_after:
            x = x + self.attn_norm(self.self_attn(x, tables, mask, cache))
            return x + self.ff_norm(self.mlp(x))
        x = x + self.self_attn(self.attn_norm(x), tables, mask, cache)
        return x + self.mlp(self.ff_norm(x))


class LanguageModel(nn.Module):
    """Embedding, blocks and the final norm."""

    def __init__(self, config: MolmoActLlmConfig) -> None:
        super().__init__()
        self.head_dim = config.head_dim
        self.theta = config.rope_theta
        self.wte = TokenEmbedding(config)
        self.blocks = nn.ModuleList(LanguageBlock(config, layer) for layer in range(config.num_hidden_layers))
        self.ln_f = MolmoActRMSNorm(config.hidden_size, config.layer_norm_eps)

    def forward(
        self,
        embeds: Tensor,
        positions: Tensor,
        mask: Tensor | None = None,
        cache: KeyValues | None = None,
        states: list[Tensor] | None = None,
    ) -> Tensor:
        """Run all blocks.

        Args:
            embeds: shape (batch, queries, hidden).
            positions: int64, shape (batch or 1, queries), of each query.
            mask: shape (batch, 1, queries, keys), bool (true: attend) or added to the scores. None: each query sees
                itself and all before it, which is right for one query, or for several where the cache is empty.
            cache: keys and values so far; the new ones are appended. None: there are none, and none are kept.
            states: what each block gets is appended to it.

        Returns:
            The final norm's output, shaped as `embeds`.
        """
        tables = rotary_tables(positions, self.head_dim, self.theta, embeds.dtype)
        for block in self.blocks:
            if states is not None:
                states.append(embeds)
            embeds = block(embeds, tables, mask, cache)
        return self.ln_f(embeds)

"""The vision transformer: flattened patches of crops in, the outputs of the listed blocks joined per patch out."""

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.activations import ACT2FN

from molmoact.modeling.config import MolmoActAdapterConfig, MolmoActVitConfig

CHANNELS = 3


class MultiHeadAttention(nn.Module):
    """Full attention with separate projections, shared by the vision transformer and the pooling.

    Args:
        config: gives hidden_size, heads and head_dim.
        in_features: of queries, keys and values; the output has hidden_size.
    """

    def __init__(self, config: MolmoActVitConfig | MolmoActAdapterConfig, in_features: int) -> None:
        super().__init__()
        self.head_dim = config.head_dim
        self.is_grouped = config.num_key_value_heads != config.num_attention_heads
        self.wq = nn.Linear(in_features, config.num_attention_heads * config.head_dim)
        self.wk = nn.Linear(in_features, config.num_key_value_heads * config.head_dim)
        self.wv = nn.Linear(in_features, config.num_key_value_heads * config.head_dim)
        self.wo = nn.Linear(config.num_attention_heads * config.head_dim, config.hidden_size)

    def _heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (-1, self.head_dim)).transpose(1, 2)

    def forward(self, query: Tensor, context: Tensor) -> Tensor:
        """Shapes (batch, queries, in), (batch, keys, in) -> (batch, queries, hidden)."""
        q, k, v = self._heads(self.wq(query)), self._heads(self.wk(context)), self._heads(self.wv(context))
        mixed = functional.scaled_dot_product_attention(q, k, v, enable_gqa=self.is_grouped)
        return self.wo(mixed.transpose(1, 2).flatten(2))


class VitMlp(nn.Module):
    """Two linear layers with the activation between them."""

    def __init__(self, config: MolmoActVitConfig) -> None:
        super().__init__()
        self.w1 = nn.Linear(config.hidden_size, config.intermediate_size)
        self.w2 = nn.Linear(config.intermediate_size, config.hidden_size)
        self.act = ACT2FN[config.hidden_act]

    def forward(self, x: Tensor) -> Tensor:
        """Shape is kept."""
        return self.w2(self.act(self.w1(x)))


class VitBlock(nn.Module):
    """Attention and MLP, each behind its norm and added to what came in."""

    def __init__(self, config: MolmoActVitConfig) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(config, config.hidden_size)
        self.feed_forward = VitMlp(config)
        self.attention_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.ffn_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (crops, positions, hidden) is kept."""
        normed = self.attention_norm(x)
        x = x + self.attention(normed, normed)
        return x + self.feed_forward(self.ffn_norm(x))


class VitBlocks(nn.Module):
    """The stack of blocks, under its published name."""

    def __init__(self, config: MolmoActVitConfig, depth: int) -> None:
        super().__init__()
        self.resblocks = nn.ModuleList(VitBlock(config) for _ in range(depth))


def interpolate_positions(table: Tensor, grid: tuple[int, int]) -> Tensor:
    """A position table of shape (rows * columns, hidden), square, brought to another grid.

    Returns:
        Shape (grid rows * grid columns, hidden); the table itself where it already has that grid.
    """
    side = int(table.shape[0] ** 0.5)
    if grid == (side, side):
        return table
    # float32: torch has no antialiased bicubic for bfloat16 on the CPU.
    picture = table.float().unflatten(0, (side, side)).permute(2, 0, 1)[None]
    resized = functional.interpolate(picture, size=grid, mode="bicubic", align_corners=False, antialias=True)
    return resized[0].permute(1, 2, 0).flatten(0, 1).to(table.dtype)


class VisionTransformer(nn.Module):
    """Blocks up to the deepest one whose output is used; there is no final norm.

    Args:
        config: sizes.
        layers: indices of the blocks whose outputs are joined, in the order of joining.
    """

    def __init__(self, config: MolmoActVitConfig, layers: tuple[int, ...]) -> None:
        super().__init__()
        self.grid = config.grid
        self.layers = layers
        self.class_rows = int(config.use_cls_token)
        if config.use_cls_token:
            self.class_embedding = nn.Parameter(torch.zeros(config.hidden_size))
        self.positional_embedding = nn.Parameter(torch.zeros(config.image_num_pos, config.hidden_size))
        patch_values = CHANNELS * config.image_patch_size**2
        self.patch_embedding = nn.Linear(patch_values, config.hidden_size, bias=config.patch_bias)
        self.pre_ln = nn.LayerNorm(config.hidden_size, config.layer_norm_eps) if config.pre_layernorm else nn.Identity()
        self.transformer = VitBlocks(config, max(layers) + 1)

    def _positions(self) -> Tensor:
        first, rest = self.positional_embedding[: self.class_rows], self.positional_embedding[self.class_rows :]
        return torch.cat([first, interpolate_positions(rest, self.grid)])

    def hidden_states(self, patches: Tensor) -> list[Tensor]:
        """Outputs of the listed blocks, class position first where there is one.

        Args:
            patches: shape (crops, patches, 588), normalised pixels.

        Returns:
            One (crops, class rows + patches, hidden) per listed block.
        """
        x = self.patch_embedding(patches.to(self.patch_embedding.weight.dtype))
        if self.class_rows:
            x = torch.cat([self.class_embedding.expand(x.shape[0], 1, -1), x], dim=1)
        x = self.pre_ln(x + self._positions())
        outputs = {}
        for index, block in enumerate(self.transformer.resblocks):
            x = block(x)
            if index in self.layers:
                outputs[index] = x
        return [outputs[index] for index in self.layers]

    def forward(self, patches: Tensor) -> Tensor:
        """Features per patch; equal neighbours among the crops are computed once.

        An image that needs no tiles gives two equal crops, so this halves the work of the usual case.

        Args:
            patches: shape (crops, patches, 588).

        Returns:
            Shape (crops, patches, hidden * number of listed blocks).
        """
        is_new = (patches[1:] != patches[:-1]).flatten(1).any(1)
        which = functional.pad(is_new.cumsum(0), (1, 0))
        first_of_each = functional.pad(is_new, (1, 0), value=True)
        features = torch.cat(self.hidden_states(patches[first_of_each]), dim=-1)
        return features[which, self.class_rows :]

"""Dropout on what attention and MLP of the language model add, as in published training."""

from functools import partial

from torch import Tensor, nn
from torch.nn import functional

from molmoact.modeling.language import LanguageBlock


def add_dropout(module: nn.Module, share: float) -> None:
    """Make every language block of `module` drop a share of what it adds, while the module trains."""
    if share == 0:
        return
    for block in module.modules():
        if isinstance(block, LanguageBlock):
            adding = (block.attn_norm, block.ff_norm) if block.norm_after else (block.self_attn, block.mlp)
            for part in adding:
                part.register_forward_hook(partial(_drop, share))


def _drop(share: float, part: nn.Module, _inputs: object, output: Tensor) -> Tensor:
    return functional.dropout(output, share, part.training)

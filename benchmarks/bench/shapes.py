"""Models of other sizes for the clock: a checkpoint's vision part and tokens, a language model of random weights."""

from dataclasses import replace
from typing import Any

import torch
from torch import nn

from molmoact.modeling.model import MolmoActForActionReasoning
from molmoact.runtime.loading import LoadedCheckpoint

SHAPES: dict[str, dict[str, Any]] = {
    # Qwen2.5-0.5B's
    "half_billion": {
        "hidden_size": 896,
        "intermediate_size": 4864,
        "num_hidden_layers": 24,
        "num_attention_heads": 14,
        "num_key_value_heads": 2,
        "head_dim": 64,
        "vocab_size": 151936,
    },
    # 7B-D's (see MolmoActLlmConfig)
    "7b_d": {
        "hidden_size": 3584,
        "intermediate_size": 18944,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "head_dim": 128,
        "vocab_size": 152064,
    },
}


def shaped(loaded: LoadedCheckpoint, shape: str) -> LoadedCheckpoint:
    """`loaded` with a language model of this shape, in its dtype and on its device.

    Its answers mean nothing; image tokens keep their ids, which lie within the larger vocabulary.
    """
    config = type(loaded.model.config).from_dict(loaded.model.config.to_dict())
    for name, value in SHAPES[shape].items():
        setattr(config.llm, name, value)
    config.adapter.text_hidden_size = SHAPES[shape]["hidden_size"]
    with torch.device("meta"):
        model = MolmoActForActionReasoning(config)
    model = model.to(loaded.model.dtype).to_empty(device=loaded.model.device).eval()
    generator = torch.Generator(loaded.model.device).manual_seed(0)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.02, generator=generator)
    return replace(loaded, model=model)

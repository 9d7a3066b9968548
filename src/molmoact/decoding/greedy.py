"""Greedy decoding with a key-value cache, one token a pass: what every faster way has to agree with."""

from collections.abc import Generator, Mapping

import torch
from torch import Tensor
from transformers import DynamicCache

from molmoact.decoding.constraint import Constraint
from molmoact.modeling.model import MolmoActForActionReasoning


def greedy(
    model: MolmoActForActionReasoning,
    inputs: Mapping[str, Tensor],
    *,
    end_id: int,
    limit: int,
    constraint: Constraint | None = None,
) -> Generator[int]:
    """Decode one prompt, giving each token id as soon as it is known.

    Every id given has cost one forward pass, the first one the prefill. Closing the iterator stops between two passes.

    Args:
        model: in evaluation mode.
        inputs: of the processor, batch 1: input_ids and, with images, images and pooled_patches_idx.
        end_id: ends the answer; it is given too.
        limit: most ids to give; an answer that has no end by then just stops.
        constraint: grammar to keep to; None: whatever the model likes best.
    """
    cache = DynamicCache(config=model.config)
    state = constraint.start if constraint else None
    logits = _prefill(model, inputs, cache)
    for count in range(1, limit + 1):
        token = constraint.choose(logits, [state])[0] if constraint and state else _best(logits)
        yield token
        if token == end_id or count == limit:
            return
        if constraint and state is not None:
            state = constraint.after(state, token)
        logits = _advance(model, token, cache)


@torch.inference_mode()
def _prefill(model: MolmoActForActionReasoning, inputs: Mapping[str, Tensor], cache: DynamicCache) -> Tensor:
    embeds = model.embed(inputs["input_ids"], inputs.get("images"), inputs.get("pooled_patches_idx"))
    return model.advance(inputs_embeds=embeds, cache=cache)[0]


@torch.inference_mode()
def _advance(model: MolmoActForActionReasoning, token: int, cache: DynamicCache) -> Tensor:
    ids = torch.tensor([[token]], device=model.device)
    return model.advance(input_ids=ids, cache=cache)[0]


def _best(logits: Tensor) -> int:
    return int(logits.float().argmax())

"""What is minimised: cross entropy of what is to be learnt, and a pull of the logits' partition function towards 1."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from molmoact.modeling.model import MolmoActForActionReasoning
from molmoact.training.batches import Batch


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over what a batch teaches; scalars.

    Attributes:
        entropy: weighted cross entropy, nats.
        partition: weighted square of the log partition function.
        right: tokens that the model would have chosen.
        tokens: learnt tokens.
    """

    entropy: Tensor
    partition: Tensor
    right: Tensor
    tokens: Tensor


class AnswerLoss(nn.Module):
    """A model together with its loss, as one module: what is sharded over processes must be entered at one door.

    Args:
        model: the weights are its own.
    """

    def __init__(self, model: MolmoActForActionReasoning) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: Batch) -> Sums:
        """Pass a batch. Only positions that teach something go through the head: it is the widest layer of all."""
        model = self.model
        embeds = model.embed(batch.ids, batch.crops, batch.pooled, batch.crop_masks)
        hidden = model.model.transformer(embeds, batch.positions, batch.mask)
        learnt = batch.weights > 0
        logits = model.lm_head(hidden[learnt]).float()
        return weighted_sums(logits, batch.targets[learnt], batch.weights[learnt])


def weighted_sums(logits: Tensor, targets: Tensor, weights: Tensor) -> Sums:
    """Sums over tokens.

    Args:
        logits: float32, shape (tokens, vocabulary).
        targets: int64, shape (tokens,).
        weights: float32, shape (tokens,).
    """
    log_partition = torch.logsumexp(logits, dim=-1)
    entropy = functional.cross_entropy(logits, targets, reduction="none")
    right = (logits.detach().argmax(-1) == targets).sum()
    count = torch.tensor(len(targets), device=logits.device)
    return Sums((entropy * weights).sum(), (log_partition.square() * weights).sum(), right, count)

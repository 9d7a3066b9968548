"""One process or several: who takes part, how the model is sharded over them, and what they add up."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.utils.checkpoint import checkpoint

from molmoact.modeling.connector import ImageProjector
from molmoact.modeling.language import LanguageBlock, TokenEmbedding
from molmoact.modeling.vision import VitBlock
from molmoact.training.loss import AnswerLoss

_PATIENCE = timedelta(minutes=30)
"""Longest wait of one process for the others; writing a large checkpoint lies in between."""


@dataclass(frozen=True, slots=True)
class Processes:
    """The processes of a run, as seen from one of them.

    Attributes:
        rank: number of this one.
        world: how many there are.
        device: that this one computes on.
    """

    rank: int
    world: int
    device: torch.device

    @classmethod
    def join(cls, device: str = "auto") -> "Processes":
        """Meet the others that torchrun started; alone where nothing did.

        Args:
            device: "auto" takes a GPU where there is one; "cpu" or "cuda".
        """
        has_gpu = device == "cuda" or (device == "auto" and torch.cuda.is_available())
        world, local = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("LOCAL_RANK", "0"))
        where = torch.device("cuda", local) if has_gpu else torch.device("cpu")
        if has_gpu:
            torch.cuda.set_device(where)
        if world > 1 and not dist.is_initialized():
            # tensors on the CPU travel too: counts of tokens, and states of the data
            dist.init_process_group("cuda:nccl,cpu:gloo" if has_gpu else "gloo", timeout=_PATIENCE)
        return cls(rank=int(os.environ.get("RANK", "0")), world=world, device=where)

    @property
    def is_first(self) -> bool:
        """This process writes what is written once."""
        return self.rank == 0

    def leave(self) -> None:
        """Part from the others."""
        if self.world > 1 and dist.is_initialized():
            dist.destroy_process_group()

    def total(self, values: Tensor) -> Tensor:
        """Sum of a tensor over all processes."""
        if self.world > 1:
            dist.all_reduce(values)
        return values

    def complaints(self, message: str) -> list[str]:
        """What went wrong in any process; all must call it, with an empty message where all is well."""
        said = [message]
        if self.world > 1:
            said = [""] * self.world
            dist.all_gather_object(said, message)
        return [each for each in said if each]

    def shard(self, module: AnswerLoss, replicated: Iterable[nn.Parameter]) -> None:
        """Move a module to the device, each parameter in equal parts over all processes.

        Units, what is gathered at a time, are the blocks, the embedding, the projector, the head, and the rest.

        Args:
            module: with the parameters in float32; gradients are averaged in float32 too.
            replicated: these stay whole in every process (a LoRA adapter is small); see `average`.
        """
        if self.world == 1:
            module.to(self.device)
            return
        kept = set(replicated)
        mesh = init_device_mesh(self.device.type, (self.world,))
        place = partial(fully_shard, mesh=mesh, ignored_params=kept)
        for part in _units(module):
            place(part)
        place(module)
        for parameter in kept:
            parameter.data = parameter.data.to(self.device)

    def average(self, replicated: Iterable[nn.Parameter]) -> None:
        """Average gradients of replicated parameters over all processes; sharded ones come averaged."""
        gradients = [parameter.grad for parameter in replicated if parameter.grad is not None]
        if self.world == 1 or not gradients:
            return
        flat = torch.cat([gradient.flatten() for gradient in gradients]) / self.world
        dist.all_reduce(flat)
        for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))


def recompute_blocks(module: nn.Module) -> None:
    """Make every block keep only what goes into it, and compute the rest again on the way back."""
    for block in module.modules():
        if isinstance(block, LanguageBlock | VitBlock):
            setattr(block, "forward", partial(checkpoint, block.forward, use_reentrant=False))  # noqa: B010  a method


def _units(module: AnswerLoss) -> list[nn.Module]:
    kinds = (LanguageBlock, VitBlock, TokenEmbedding, ImageProjector)
    return [*(part for part in module.modules() if isinstance(part, kinds)), module.model.lm_head]

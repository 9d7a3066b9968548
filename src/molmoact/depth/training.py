"""Training of the depth codebook: reconstruction, commitment, and codes that follow what chooses them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader

from molmoact.depth.vqvae import DepthVqVae, Residual, VqVaeSize
from molmoact_common.errors import UserError
from molmoact_common.yaml_config import Settings


class DepthTrainingError(UserError):
    """The codebook could not be trained on these pictures."""


class DepthTrainingSettings(Settings):
    """The published recipe, but for the size, which a small model may have smaller.

    Attributes:
        hidden: channels of the first layer.
        codes: entries of the codebook; the protocol has 128.
        code_width: length of an entry.
        epochs: over all pictures (papers: 20).
        batch: pictures (published README: 64).
        learning_rate: of Adam (1e-3).
        commitment: weight of the pull of features towards their codes (0.25).
        decay: of the codes' running averages (0.99).
        slack: of their counts (1e-5).
        warm_up: steps without codes at the start, so that there is something to tell apart when they are placed; the
            published recipe does not say how it keeps its codes in use.
        revive: a code with less than this part of its fair share of choices is placed anew, on a feature of the batch.
        seed: of weights, order and first codes.
    """

    hidden: int = Field(default=16, ge=1)
    codes: int = Field(default=128, ge=2, le=128)
    code_width: int = Field(default=512, ge=1)
    epochs: int = Field(default=20, ge=1)
    batch: int = Field(default=64, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0)
    commitment: float = Field(default=0.25, ge=0)
    decay: float = Field(default=0.99, ge=0, lt=1)
    slack: float = Field(default=1e-5, gt=0)
    warm_up: int = Field(default=300, ge=0)
    revive: float = Field(default=0.02, ge=0, lt=1)
    seed: int = 0


@dataclass(frozen=True, slots=True)
class StepFigures:
    """One step.

    Attributes:
        reconstruction: mean squared error of the pictures in 0..1.
        commitment: mean squared distance of features and codes.
        used: codes that this batch chose; 0 during the warm-up.
    """

    reconstruction: float
    commitment: float
    used: int


class DepthTrainer:
    """A network while it learns."""

    def __init__(self, settings: DepthTrainingSettings, network: DepthVqVae | None = None) -> None:
        """`network` goes on from its weights; None starts anew."""
        torch.manual_seed(settings.seed)
        self.settings = settings
        size = VqVaeSize(hidden=settings.hidden, codes=settings.codes, code_width=settings.code_width)
        self._plain_steps = settings.warm_up if network is None else 0
        self._placed = network is not None
        # a third of the time on a CPU, where convolutions with few channels wait for memory
        self.network = (network or _fresh(size)).train().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._optimiser = torch.optim.Adam(self.network.parameters(), lr=settings.learning_rate)

    def step(self, pictures: Tensor) -> StepFigures:
        """Learn from a batch, float (B, 1, 320, 320) in 0..1.

        Raises:
            DepthTrainingError: the loss is no number any more.
        """
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        features = self.network.encoder(pictures)
        if self._plain_steps > 0:
            self._plain_steps -= 1
            reconstruction = mse_loss(self.network.decoder(features), pictures)
            self._descend(reconstruction)
            return StepFigures(reconstruction.item(), 0.0, 0)
        indices = self._choose(features.detach())
        chosen = self.network.codebook.vectors(indices)
        commitment = mse_loss(features, chosen)
        # the decoder sees the codes, its gradient goes to the encoder as if it saw the features
        rebuilt = self.network.decoder(features + (chosen - features).detach())
        reconstruction = mse_loss(rebuilt, pictures)
        self._descend(reconstruction + self.settings.commitment * commitment)
        self._move_codes(features.detach(), indices)
        return StepFigures(reconstruction.item(), commitment.item(), len(indices.unique()))

    def _choose(self, features: Tensor) -> Tensor:
        codebook = self.network.codebook
        if not self._placed:
            codebook.place(_some_of(features, self.settings.codes))
            self._placed = True
        return codebook.nearest(features)

    def _descend(self, loss: Tensor) -> None:
        if not torch.isfinite(loss):
            raise DepthTrainingError("the loss is no number any more; lower the learning rate")
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()

    def _move_codes(self, features: Tensor, indices: Tensor) -> None:
        codebook = self.network.codebook
        codebook.follow(features, indices, self.settings.decay, self.settings.slack)
        idle = codebook.shares < self.settings.revive / self.settings.codes
        if idle.any():
            codebook.place_again(idle, _some_of(features, int(idle.sum())))


def train(
    pictures: Any,
    settings: DepthTrainingSettings,
    network: DepthVqVae | None = None,
    *,
    progress: Callable[[int, StepFigures], None] = lambda *_: None,
    after_epoch: Callable[[DepthVqVae], None] = lambda _: None,
) -> DepthVqVae:
    """Train a codebook.

    Args:
        pictures: map-style: `len`, and by index what `molmoact.depth.codebook.network_input` gives.
        settings: the recipe.
        network: goes on from its weights; None starts anew.
        progress: called after each step with the number of its pictures.
        after_epoch: called after each epoch, to save.

    Raises:
        DepthTrainingError: too few pictures for the codebook's first codes, or the loss is no number any more.
    """
    order = torch.Generator().manual_seed(settings.seed)
    loader = DataLoader(pictures, settings.batch, shuffle=True, generator=order)
    # few pictures make few steps, and most of them must be left for the codes
    warm_up = min(settings.warm_up, settings.epochs * len(loader) // 5)
    trainer = DepthTrainer(settings.model_copy(update={"warm_up": warm_up}), network)
    for _ in range(settings.epochs):
        for batch in loader:
            progress(len(batch), trainer.step(batch))
        after_epoch(trainer.network)
    trainer.network.to(memory_format=torch.contiguous_format)
    return trainer.network.eval()


def _fresh(size: VqVaeSize) -> DepthVqVae:
    """A network whose signals keep their strength through its depth; with torch's own start they fade to nothing."""
    network = DepthVqVae(size)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            reached_by = module.in_channels * math.prod(module.kernel_size)
            if isinstance(module, nn.ConvTranspose2d):
                reached_by //= math.prod(module.stride)
            nn.init.normal_(module.weight, std=math.sqrt(2 / reached_by))
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for module in network.modules():
        if isinstance(module, Residual):  # each block starts as its shortcut alone
            nn.init.zeros_(module.net[-1].get_parameter("weight"))
    return network


def _some_of(features: Tensor, count: int) -> Tensor:
    """So many of a batch's features; codes that start among them are all chosen, random ones mostly never."""
    flat = features.movedim(1, -1).flatten(0, -2)
    if len(flat) < count:
        raise DepthTrainingError(f"a batch of {len(flat)} features cannot start {count} codes; take a larger batch")
    return flat[torch.randperm(len(flat))[:count]]

"""One step of training, and the sequence of steps.

It stands here, and transformers' Trainer does not, for what that cannot give together: gradients bounded for each
group, steps whose batches are sorted by length, a replicated adapter in a sharded model, checkpoints that are whole or
absent, and a run that goes on at the exact sample.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from molmoact.training.batches import Batch
from molmoact.training.errors import NotFiniteError, TrainingError
from molmoact.training.optimiser import clip, set_rates
from molmoact.training.parallel import Processes
from molmoact.training.recipe import Recipe
from molmoact.training.store import Store, Trained


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one step showed; means over all learnt tokens of all processes.

    Attributes:
        step: counted from 1.
        loss: cross entropy, nats a token.
        z_loss: with its weight.
        accuracy: share of tokens that the model would have chosen.
        norms: group -> gradient norm before clipping.
        rates: group -> learning rate.
        tokens: that were read, over all processes.
    """

    step: int
    loss: float
    z_loss: float
    accuracy: float
    norms: dict[str, float]
    rates: dict[str, float]
    tokens: int


class Watcher(Protocol):
    """Whoever is told of each step."""

    def step_done(self, report: StepReport) -> None:
        """A step is done."""

    def saved(self, step: int) -> None:
        """A checkpoint is whole."""


class Training:
    """A model in training.

    Args:
        trained: module, optimiser and adapter, on their device.
        recipe: what to do.
        processes: that take part.
        replicated: parameters that are whole in every process.
    """

    def __init__(
        self, trained: Trained, recipe: Recipe, processes: Processes, replicated: Sequence[nn.Parameter] = ()
    ) -> None:
        self._trained = trained
        self._recipe = recipe
        self._processes = processes
        self._replicated = replicated

    def run(self, batches: Iterator[list[Batch]], done: int, store: Store, watcher: Watcher) -> None:
        """Do all steps that are left, and save as often as the recipe says and at the end.

        Args:
            batches: of each step from the first one to do.
            done: steps that are done.
            store: of this run.
            watcher: is told of each step.

        Raises:
            TrainingError: the loss or a gradient is not finite, or a checkpoint cannot be written.
            RowsError: a row cannot be learnt from.
        """
        recipe = self._recipe
        self._trained.module.train()
        for step in range(done + 1, recipe.steps + 1):
            try:
                report = self.step(step, next(batches))
            except NotFiniteError as error:
                raise TrainingError(
                    f"{error}; last good checkpoint: {store.last_good}; lower the learning rate, or look at the rows"
                ) from error
            watcher.step_done(report)
            if step % recipe.save_every == 0 or step == recipe.steps:
                store.save(step, self._trained)
                watcher.saved(step)

    def step(self, number: int, batches: Sequence[Batch]) -> StepReport:
        """Learn from the batches of one step.

        Args:
            number: of the step, counted from 1.
            batches: of this process.

        Raises:
            NotFiniteError: the loss or a gradient is not; no weight was changed.
        """
        settings, processes = self._recipe.optimisation, self._processes
        totals = processes.total(torch.stack([sum_of_weights(batches), tokens_of(batches)]))
        # Sharded gradients are averaged over processes, so the divisor is the mean over processes of what is learnt.
        divisor = totals[0] / processes.world
        sums = torch.zeros(4, dtype=torch.float64)
        for index, batch in enumerate(batches):
            sums += self._pass(batch, float(divisor), (number, index * processes.world + processes.rank))
        processes.average(self._replicated)
        sums = processes.total(sums)
        rates = set_rates(self._trained.optimiser, number, self._recipe.steps, settings)
        norms = clip(self._trained.optimiser, settings.clip)
        learnt = float(totals[0])
        report = StepReport(
            step=number,
            loss=float(sums[0]) / learnt,
            z_loss=settings.z_loss * float(sums[1]) / learnt,
            accuracy=float(sums[2] / sums[3]),
            norms=dict(norms),
            rates=rates,
            tokens=int(totals[1]),
        )
        _check_finite(report)
        self._trained.optimiser.step()
        self._trained.optimiser.zero_grad(set_to_none=True)
        return report

    def _pass(self, batch: Batch, divisor: float, place: tuple[int, int]) -> Tensor:
        """Forward and backward of one batch; its sums (entropy, partition, right, tokens) as float64 on the CPU."""
        device = self._processes.device
        # What dropout drops depends on the step and the batch alone, not on how many processes share the work.
        torch.manual_seed(int(np.random.SeedSequence((self._recipe.seed, *place)).generate_state(1, np.uint64)[0] >> 1))
        with torch.autocast(device.type, torch.bfloat16, enabled=self._recipe.precision == "bfloat16"):
            sums = self._trained.module(batch.to(device))
        loss = (sums.entropy + self._recipe.optimisation.z_loss * sums.partition) / divisor
        loss.backward()
        return torch.stack([sums.entropy, sums.partition, sums.right, sums.tokens]).detach().double().cpu()


def sum_of_weights(batches: Sequence[Batch]) -> Tensor:
    """Weight of all learnt tokens, float64."""
    return torch.stack([batch.weights.double().sum() for batch in batches]).sum()


def tokens_of(batches: Sequence[Batch]) -> Tensor:
    """Tokens of all sequences, padding left out, float64."""
    return torch.stack([batch.lengths.double().sum() for batch in batches]).sum()


def _check_finite(report: StepReport) -> None:
    values = {"the loss": report.loss, **{f"the gradient of {name}": norm for name, norm in report.norms.items()}}
    for name, value in values.items():
        if not math.isfinite(value):
            raise NotFiniteError(f"{name} is {value} at step {report.step}")

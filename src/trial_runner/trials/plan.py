"""The order of trials: random, interleaved, paired by start, and the same each time it is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeVar

import numpy as np

from trial_runner.trials.experiment import Experiment

Item = TypeVar("Item")

LABELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial of the plan.

    Attributes:
        number: place in the order, from 0; names the trial.
        task: what is tried.
        condition: how it differs from the training.
        start: which start of its cell (task and condition); all policies get the same starts.
        seed: of the placement that this start is.
        policy: which policy acts.
        label: what the scorer sees instead; the same for all trials of a policy.
    """

    number: int
    task: str
    condition: str
    start: int
    seed: int
    policy: str
    label: str


def plan(experiment: Experiment) -> list[Trial]:
    """All trials of an experiment in the order in which they are run.

    Start by start: the cells in random order, and within each the policies in random order. So every policy meets
    each start before anyone meets the next, drift of light, robot or operator falls on all of them, and an experiment
    that is cut short is still balanced.
    """
    random = np.random.default_rng(experiment.seed)
    label = dict(zip(random.permutation(sorted(experiment.policies)).tolist(), labels(experiment), strict=True))
    cells = list(product(experiment.tasks, experiment.conditions))
    seeds = {cell: random.choice(1_000_000, experiment.trials, replace=False).tolist() for cell in cells}
    trials: list[Trial] = []
    for start in range(experiment.trials):
        for cell in _shuffled(random, cells):
            for policy in _shuffled(random, sorted(experiment.policies)):
                task, condition = cell
                trials.append(
                    Trial(len(trials), task, condition, start, seeds[cell][start], policy, label[policy]),
                )
    return trials


def labels(experiment: Experiment) -> Sequence[str]:
    """Names for the scorer, one a policy."""
    count = len(experiment.policies)
    return [LABELS[n % 26] * (1 + n // 26) for n in range(count)]


def _shuffled(random: np.random.Generator, items: Sequence[Item]) -> list[Item]:
    return [items[i] for i in random.permutation(len(items))]

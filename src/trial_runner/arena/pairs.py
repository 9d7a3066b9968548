"""Who meets whom: rollouts of the same start by two policies, in an order and on sides that a seed decides."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from trial_runner.trials.folder import ExperimentFolder


@dataclass(frozen=True, slots=True)
class Rollout:
    """One recorded trial.

    Attributes:
        experiment: folder of its experiment.
        trial: its number there.
        policy: who acted; nobody who votes sees it.
        task: what was tried.
        bag: folder of its recording.
    """

    experiment: Path
    trial: int
    policy: str
    task: str
    bag: Path

    @property
    def key(self) -> str:
        """The same for the same trial, wherever the command is given from."""
        return f"{self.experiment.resolve()}#{self.trial}"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rollouts of one start, as they are shown."""

    left: Rollout
    right: Rollout

    @property
    def key(self) -> str:
        """The same whichever stands on the left."""
        return " ".join(sorted((self.left.key, self.right.key)))


def find_pairs(experiments: Iterable[Path], seed: int) -> list[Pair]:
    """Every pair of policies at every start that both have met and that was recorded, in the order of voting.

    Raises:
        UserError: one of the folders is no experiment.
    """
    pairs = [pair for folder in experiments for pair in _pairs_of(ExperimentFolder(folder))]
    return shuffled(sorted(pairs, key=lambda pair: pair.key), seed)


def shuffled(pairs: Sequence[Pair], seed: int) -> list[Pair]:
    """In random order, each pair with random sides."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(pairs))
    return [Pair(pairs[i].right, pairs[i].left) if random.random() < 0.5 else pairs[i] for i in order]


def _pairs_of(folder: ExperimentFolder) -> list[Pair]:
    met: dict[tuple[str, str, int], list[Rollout]] = defaultdict(list)
    for row in folder.rows:
        if row.bag:
            rollout = Rollout(folder.path, row.number, row.policy, row.task, folder.path / row.bag)
            met[row.task, row.condition, row.start].append(rollout)
    return [Pair(one, other) for same in met.values() for one, other in combinations(same, 2)]

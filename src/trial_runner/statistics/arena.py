"""Blind pairwise votes into a ranking: Bradley-Terry strengths on the Elo scale, with bootstrap intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from molmoact_common.errors import UserError

ELO = 400 / np.log(10)
"""Elo points of a factor e in the odds."""

BASE = 1000.0
"""Mean rating."""

PRIOR = 0.5
"""Half a win and half a loss against an average policy: keeps a policy that never lost from a boundless rating."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One comparison; `score` is 1 where the left one won, 0 where the right one did, 0.5 for a tie."""

    left: str
    right: str
    score: float


@dataclass(frozen=True, slots=True)
class Rating:
    """Where a policy stands, in Elo points around 1000, and between which bounds 95 % of the resamples lie."""

    policy: str
    rating: float
    low: float
    high: float
    votes: int


def ratings(votes: Sequence[Vote], *, seed: int, resamples: int = 200) -> list[Rating]:
    """Every policy that was voted on, the best first.

    Raises:
        UserError: no votes, or a score outside 0..1.
    """
    if not votes or any(not 0 <= vote.score <= 1 or vote.left == vote.right for vote in votes):
        raise UserError("no ranking: votes must compare two policies, with a score of 0, 0.5 or 1")
    names = sorted({name for vote in votes for name in (vote.left, vote.right)})
    table = np.array([[names.index(v.left), names.index(v.right), v.score] for v in votes])
    random = np.random.default_rng(seed)
    drawn = [strengths(table[random.integers(len(table), size=len(table))], len(names)) for _ in range(resamples)]
    low, high = BASE + ELO * np.percentile(drawn, [2.5, 97.5], axis=0)
    centre = BASE + ELO * strengths(table, len(names))
    counts = np.bincount(table[:, :2].astype(int).ravel(), minlength=len(names))
    found = [
        Rating(name, float(centre[i]), float(low[i]), float(high[i]), int(counts[i])) for i, name in enumerate(names)
    ]
    return sorted(found, key=lambda rating: -rating.rating)


def strengths(table: NDArray[np.float64], policies: int) -> NDArray[np.float64]:
    """Log-odds strengths of mean zero, shape (policies,), that make the votes most likely.

    Args:
        table: shape (votes, 3): index of the left one, of the right one, score.
        policies: how many.
    """
    left, right, score = table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2]

    def loss(strength: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        gap = strength[left] - strength[right]
        votes = score * log_expit(gap) + (1 - score) * log_expit(-gap)
        prior = PRIOR * (log_expit(strength) + log_expit(-strength))
        pull = expit(gap) - score
        slope = np.bincount(left, pull, policies) - np.bincount(right, pull, policies)
        return -float(votes.sum() + prior.sum()), slope + PRIOR * (2 * expit(strength) - 1)

    found: NDArray[np.float64] = minimize(loss, np.zeros(policies), method="L-BFGS-B", jac=True).x
    return found - found.mean()

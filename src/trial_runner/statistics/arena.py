"""Blind pairwise votes into a ranking: Bradley-Terry strengths on the Elo scale, with bootstrap intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from molmoact_common.errors import UserError

ELO = 400 / np.log(10)
"""Elo points of a factor e in the odds."""

BASE = 1000.0
"""Mean rating."""

PRIOR = 0.5
"""Half a win and half a loss against an average policy: keeps a policy that never lost from a boundless rating."""

MOST_STEPS, TOLERANCE = 100, 1e-9
"""Of Newton's method; it takes about six."""


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


def ratings(votes: Sequence[Vote], *, seed: int, resamples: int = 2000) -> list[Rating]:
    """Every policy that was voted on, the best first.

    Raises:
        UserError: no votes, or a score outside 0..1.
    """
    if not votes or any(not 0 <= vote.score <= 1 or vote.left == vote.right for vote in votes):
        raise UserError("no ranking: votes must compare two policies, with a score of 0, 0.5 or 1")
    names = sorted({name for vote in votes for name in (vote.left, vote.right)})
    left, right = (np.array([names.index(getattr(vote, side)) for vote in votes]) for side in ("left", "right"))
    scores = np.array([vote.score for vote in votes])
    drawn = np.random.default_rng(seed).integers(len(votes), size=(resamples, len(votes)))
    picked = np.vstack([np.arange(len(votes)), drawn])  # the votes themselves, then the resamples
    found = BASE + ELO * strengths(_wins(left[picked], right[picked], scores[picked], len(names)))
    low, high = np.percentile(found[1:], [2.5, 97.5], axis=0)
    counts = np.bincount(np.concatenate([left, right]), minlength=len(names))
    rated = [
        Rating(name, float(found[0, i]), float(low[i]), float(high[i]), int(counts[i])) for i, name in enumerate(names)
    ]
    return sorted(rated, key=lambda rating: -rating.rating)


def strengths(wins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-odds strengths of mean zero that make the votes most likely, by Newton's method on all sets of votes at once.

    Args:
        wins: shape (sets, policies, policies): of each set, how often the row's policy beat the column's; a tie is half
            a win of both.

    Returns:
        Shape (sets, policies).
    """
    games, places = wins + wins.swapaxes(1, 2), np.arange(wins.shape[1])
    strength = np.zeros(wins.shape[:2])
    for _ in range(MOST_STEPS):
        chance, alone = expit(strength[:, :, None] - strength[:, None, :]), expit(strength)
        slope = (wins - games * chance).sum(axis=2) - PRIOR * (2 * alone - 1)
        bend = -games * chance * (1 - chance)
        bend[:, places, places] += 2 * PRIOR * alone * (1 - alone) - bend.sum(axis=2)
        step = np.linalg.solve(bend, slope[:, :, None])[:, :, 0].clip(-1, 1)
        strength += step
        if np.abs(step).max() < TOLERANCE:
            break
    return strength - strength.mean(axis=1, keepdims=True)


def _wins(
    left: NDArray[np.int64], right: NDArray[np.int64], scores: NDArray[np.float64], policies: int
) -> NDArray[np.float64]:
    """Sets of votes, each of shape (sets, votes), as `strengths` takes them."""
    wins = np.zeros((len(left), policies, policies))
    of_set = np.arange(len(left))[:, None]
    np.add.at(wins, (of_set, left, right), scores)
    np.add.at(wins, (of_set, right, left), 1 - scores)
    return wins

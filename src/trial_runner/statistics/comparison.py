"""Whether one policy is better than another: bootstrap differences, and the two tests of which one is chosen ahead."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.special import betaln
from scipy.stats import barnard_exact, bootstrap

from trial_runner.statistics.intervals import CONFIDENCE, NoTrialsError

RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of one policy's scores less the other's, with a bootstrap interval."""

    mean: float
    low: float
    high: float
    paired: bool

    def __str__(self) -> str:
        return f"{self.mean:+.2f} ({self.low:+.2f} to {self.high:+.2f})"


def difference(
    ours: Sequence[float], theirs: Sequence[float], *, paired: bool, seed: int, confidence: float = CONFIDENCE
) -> Difference:
    """Difference of the means with its percentile bootstrap interval.

    Args:
        ours: scores of one policy.
        theirs: scores of the other; where `paired`, of the same starts in the same order.
        paired: resample starts instead of each policy's trials.
        seed: of the resampling.
        confidence: of the interval.

    Raises:
        NoTrialsError: fewer than two scores of a policy, or pairs that do not match.
    """
    if min(len(ours), len(theirs)) < 2 or (paired and len(ours) != len(theirs)):
        raise NoTrialsError(f"cannot compare {len(ours)} with {len(theirs)} trials; each policy needs two, in pairs")

    def of_means(a: np.ndarray, b: np.ndarray, axis: int = -1) -> np.ndarray:
        return np.mean(a, axis=axis) - np.mean(b, axis=axis)

    mean = float(np.mean(ours) - np.mean(theirs))
    drawn = bootstrap(
        (np.asarray(ours), np.asarray(theirs)), of_means, paired=paired, n_resamples=RESAMPLES, vectorized=True,
        confidence_level=confidence, method="percentile", rng=np.random.default_rng(seed),
    )  # fmt: skip
    return Difference(mean, float(drawn.confidence_interval.low), float(drawn.confidence_interval.high), paired)


def barnard_p(ours: int, theirs: int, trials: int) -> float:
    """Two-sided p-value of Barnard's exact test, of successes in `trials` each: for a number of trials fixed ahead.

    Looking at it after every trial and stopping where it pleases makes it meaningless.
    """
    table = np.array([[ours, theirs], [trials - ours, trials - theirs]])
    # A table and its mirror images are equally uneven. scipy compares their statistics as rounded, and now and then
    # leaves some of them out, which makes p too small: asked of all four, it finds each of them once.
    mirrored = (table, table[::-1], table[:, ::-1], table[::-1, ::-1])
    return max(float(barnard_exact(one, alternative="two-sided").pvalue) for one in mirrored)


class Verdict(StrEnum):
    """What a sequential test says so far."""

    GO_ON = "go on"
    FIRST = "the first is better"
    SECOND = "the second is better"
    UNDECIDED = "no difference was shown"


@dataclass(frozen=True, slots=True)
class SequentialTest:
    """Anytime-valid comparison of paired trials: it may be read after every pair, and says when to stop.

    Only pairs in which one succeeded and the other failed count. If neither policy is better, each such pair is a fair
    coin; the evidence against that is the likelihood ratio of a coin of unknown bias (uniform prior) to a fair one. By
    Ville's inequality it passes 1 / alpha with a chance of at most alpha, however often one looks.

    Attributes:
        alpha: chance of a wrong verdict that is accepted.
        most_pairs: pairs after which it ends without a verdict.
    """

    alpha: float
    most_pairs: int

    def evidence(self, first_only: int, second_only: int) -> float:
        """Likelihood ratio, of pairs that only the first, and only the second, solved."""
        count = first_only + second_only
        return float(np.exp(betaln(first_only + 1, second_only + 1) + count * np.log(2.0)))

    def verdict(self, pairs: Sequence[tuple[bool, bool]]) -> Verdict:
        """After these pairs of successes, in the order in which they were run."""
        first = second = 0
        for number, (ours, theirs) in enumerate(pairs, 1):
            first += ours and not theirs
            second += theirs and not ours
            if self.evidence(first, second) >= 1 / self.alpha:
                return Verdict.FIRST if first > second else Verdict.SECOND
            if number >= self.most_pairs:
                return Verdict.UNDECIDED
        return Verdict.GO_ON

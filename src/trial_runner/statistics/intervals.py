"""What a handful of trials says about one policy: mean progress with its error, success rate with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest, sem

from molmoact_common.errors import UserError

CONFIDENCE = 0.95


class NoTrialsError(UserError):
    """There is nothing to compute from."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Progress:
    """Mean task progress.

    Attributes:
        mean: of the scores, 0..1.
        standard_error: sample standard deviation (n - 1) over the root of n; none of a single trial.
        trials: how many.
    """

    mean: float
    standard_error: float | None
    trials: int

    def __str__(self) -> str:
        error = "–" if self.standard_error is None else f"{self.standard_error:.2f}"
        return f"{self.mean:.2f} ± {error}"


@dataclass(frozen=True, slots=True)
class SuccessRate:
    """Share of trials that succeeded, with the Wilson score interval."""

    successes: int
    trials: int
    low: float
    high: float

    @property
    def rate(self) -> float:
        """Successes over trials."""
        return self.successes / self.trials

    def __str__(self) -> str:
        return f"{self.successes}/{self.trials} ({self.rate:.0%}, {self.low:.0%} to {self.high:.0%})"


def progress(scores: Sequence[float]) -> Progress:
    """Mean and standard error of scores in 0..1.

    Raises:
        NoTrialsError: no scores.
    """
    if not scores:
        raise NoTrialsError("no scored trial; run or score one first")
    error = float(sem(scores)) if len(scores) > 1 else None
    return Progress(float(np.mean(scores)), error, len(scores))


def success_rate(successes: int, trials: int, confidence: float = CONFIDENCE) -> SuccessRate:
    """Success rate with its Wilson score interval, which stays honest near 0 and 1 and for few trials.

    Raises:
        NoTrialsError: no trials.
    """
    if trials == 0:
        raise NoTrialsError("no scored trial; run or score one first")
    interval = binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    return SuccessRate(successes, trials, float(interval.low), float(interval.high))
